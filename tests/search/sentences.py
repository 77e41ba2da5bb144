"""Sentences as people write them at work and at home, in four languages, the same ones every time.

They are made of real words: Korean nouns carry their particles, Japanese and Chinese have no spaces, English words
have their endings.
"""

from __future__ import annotations

import random
from collections.abc import Iterator


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.replace("\n", ",").split(",") if word.strip()]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


KOREAN_NOUNS = _words("""
    회의, 회의실, 회의록, 검색, 검색기능, 지붕, 기와, 마당, 점심, 점심시간, 저녁, 약속, 계약서, 견적서, 보고서, 발표
    발표자료, 자료, 파일, 사진, 그림, 도면, 설계, 설계도, 디자인, 디자인팀, 개발팀, 개발자, 서버, 서버실
    데이터베이스, 배포, 배포일정, 일정, 일정표, 휴가, 휴가신청, 출장, 교통비, 영수증, 예산, 예산안, 고객, 고객센터
    문의, 문의사항, 답변, 메일, 메시지, 알림, 알림설정, 비밀번호, 계정, 로그인, 화면, 버튼, 글꼴, 색상, 번역, 번역본
    한국어, 일본어, 중국어, 영어, 도서관, 도서관리, 학교, 학생, 선생님, 수업, 수업자료, 시험, 시험공부, 운동장
    체육관, 병원, 병원예약, 예약, 택배, 택배상자, 주문, 주문서, 재고, 재고관리, 창고, 공장, 기계, 부품, 자전거
    자동차, 주차장, 엘리베이터, 냉장고, 세탁기, 김치찌개, 된장찌개, 냉면, 커피, 커피숍, 산책, 강아지, 고양이, 생일
    생일선물, 선물, 여행, 여행계획, 제주도, 부산
""")
KOREAN_FRAMES = _lines("""
    {a:을/를} 내일까지 보내 주세요
    {a:이/가} 아직 안 왔어요
    오늘 {a:은/는} 몇 시에 시작하나요?
    {a:와/과} {b:을/를} 같이 확인했습니다
    {a}에서 {b:을/를} 찾았는데 안 보이네요
    {a} 때문에 {b:이/가} 늦어질 것 같아요
    혹시 {a:을/를} 아직 못 받으셨나요?
    {a}부터 정리하고 {b}도 볼게요
    {a:으로/로} 바꾸면 어떨까요
    지난주에 말한 {a}, 기억하시죠?
    {a}의 {b:이/가} 마음에 들어요 ㅎㅎ
    {a}만 고치면 끝나요!
    {a}까지 {n}분 걸립니다
    {a} {n}개 더 필요해요
    새로운 {a:이/가} 올라왔으니 {b:과/와} 비교해 주세요
    {a}에 대해 {b}에게 물어봤어요
    {n}월 {a:은/는} 취소됐습니다
""")
JAPANESE_NOUNS = _words("""
    会議, 会議室, 議事録, 検索, 検索機能, 屋根, 瓦, 昼食, 夕食, 約束, 契約書, 見積書, 報告書, 発表, 資料, ファイル
    写真, 図面, 設計, 設計図, デザイン, 開発チーム, サーバー, データベース, リリース, 予定, 予定表, 休暇, 休暇申請
    出張, 交通費, 領収書, 予算, お客様, 問い合わせ, 返信, メール, メッセージ, 通知, 通知設定, パスワード, アカウント
    ログイン, 画面, ボタン, フォント, 翻訳, 翻訳者, 韓国語, 日本語, 中国語, 図書館, 学校, 学生, 先生, 授業, 試験
    試験勉強, 運動場, 病院, 予約, 荷物, 注文, 注文書, 在庫, 在庫管理, 倉庫, 工場, 機械, 部品, 自転車, 自動車, 駐車場
    エレベーター, 冷蔵庫, 洗濯機, ラーメン, コーヒー, 散歩, 子犬, 猫, 誕生日, 贈り物, 旅行, 旅行計画, 京都, 東京都庁
    東京, 大阪, 人々, 時々雨
""")
JAPANESE_FRAMES = _lines("""
    明日までに{a}を送ってください
    {a}はまだ届いていません
    今日の{a}は何時からですか？
    {a}と{b}を一緒に確認しました
    {a}で{b}を探しましたが見つかりません
    {a}のせいで{b}が遅れそうです
    {a}はもう受け取りましたか
    {a}から整理して{b}も見ます
    {a}に変えたらどうでしょう
    先週話した{a}、覚えていますか？
    {a}の{b}が気に入りました
    {a}だけ直せば終わりです！
    {a}まで{n}分かかります
    {a}が{n}個必要です
    {n}月の{a}は中止になりました
""")
CHINESE_NOUNS = _words("""
    会议, 会议室, 会议记录, 搜索, 搜索功能, 屋顶, 瓦片, 院子, 午饭, 晚饭, 合同, 报价单, 报告, 演示, 资料, 文件, 照片
    图纸, 设计, 设计图, 设计师, 开发团队, 服务器, 数据库, 发布, 日程, 日程表, 休假, 出差, 交通费, 收据, 预算, 客户
    客户服务, 咨询, 回复, 邮件, 消息, 通知, 通知设置, 密码, 账号, 登录, 界面, 按钮, 字体, 翻译, 韩国语, 日语, 中文
    图书馆, 学校, 学生, 老师, 课程, 考试, 考试复习, 操场, 医院, 预约, 快递, 包裹, 订单, 库存, 库存管理, 仓库, 工厂
    机器, 零件, 自行车, 汽车, 停车场, 电梯, 冰箱, 洗衣机, 面条, 咖啡, 散步, 小狗, 猫咪, 生日, 礼物, 旅行, 旅行计划
    北京, 上海, 公司, 公园, 研究生, 生命
""")
CHINESE_FRAMES = _lines("""
    请在明天之前发送{a}
    {a}还没有到
    今天的{a}几点开始？
    我们一起确认了{a}和{b}
    在{a}里找不到{b}
    因为{a}，{b}可能会推迟
    你收到{a}了吗？
    先整理{a}，再看{b}
    改成{a}怎么样
    上周说的{a}，还记得吗？
    我很喜欢{a}的{b}
    只要修好{a}就完成了！
    到{a}需要{n}分钟
    还需要{n}个{a}
    {n}月的{a}取消了
""")
ENGLISH_NOUNS = _words("""
    meeting, minutes, search, roof, tile, yard, lunch, dinner, contract, estimate, report, presentation, slide, file
    picture, drawing, design, designer, developer, server, database, release, schedule, holiday, journey, receipt
    budget, customer, question, answer, email, message, notification, password, account, login, screen, button, font
    translation, library, school, student, teacher, lesson, exam, hospital, appointment, parcel, order, stock
    warehouse, factory, machine, part, bicycle, car, garage, elevator, fridge, noodle, coffee, café, walk, puppy
    kitten, birthday, present, trip, harbour, résumé, API, pull request, node.js, Wi-Fi
""")
ENGLISH_FRAMES = _lines("""
    Please send the {a} by tomorrow
    The {a} has not arrived yet
    When does the {a} start today?
    We checked the {a} and the {b} together
    I looked for the {a} in the {b} but could not find it
    Because of the {a}, the {b} may be late
    Did you get the {a}s already?
    First the {a}, then the {b}
    What about changing it to a {a}?
    Do you remember the {a} from last week?
    I like the {b} of the {a}
    Only one more {a} to repair!
    It takes {n} minutes to the {a}
    We need {n} more {a}s
    See you at the {a}
""")
LANGUAGES = {
    "ko": (KOREAN_NOUNS, KOREAN_FRAMES),
    "ja": (JAPANESE_NOUNS, JAPANESE_FRAMES),
    "zh": (CHINESE_NOUNS, CHINESE_FRAMES),
    "en": (ENGLISH_NOUNS, ENGLISH_FRAMES),
}


class _Noun(str):
    """A word; its format names the two forms of the particle behind it, the one after a final consonant first."""

    def __format__(self, particles: str) -> str:
        if not particles:
            return str(self)
        after_consonant, after_vowel = particles.split("/")
        if particles in ("와/과",):  # the one pair that is named the other way round
            after_consonant, after_vowel = after_vowel, after_consonant
        final = (ord(self[-1]) - 0xAC00) % 28
        is_rieul = final == 8 and particles == "으로/로"
        return self + (after_consonant if final and not is_rieul else after_vowel)


def sentences(language: str, count: int, seed: int = 1) -> Iterator[str]:
    """So many sentences of a language; some nouns are far more frequent than others, as everywhere."""
    chance = random.Random(f"{language} {seed}")
    nouns, frames = LANGUAGES[language]
    weights = [1 / (rank + 3) for rank in range(len(nouns))]
    for _ in range(count):
        a, b = chance.choices(nouns, weights, k=2)
        yield chance.choice(frames).format(a=_Noun(a), b=_Noun(b), n=chance.randint(2, 31))
