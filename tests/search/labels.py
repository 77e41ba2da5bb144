"""What people look for in the sentences, and what they mean by it, said without the product's own words.

Of Korean, Japanese and Chinese a query finds every sentence that has these letters in a row; of English, where a word
begins with it, or is it, when it stands in quotes.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

KOREAN = """
회의 회의실 회의록 의실 의록 검색 색기 기능 검색기능 색기능 지붕 기와 마당 점심 점심시간 심시 시간 저녁 약속 계약 약서
계약서 견적 견적서 보고 보고서 발표 발표자료 표자 자료 파일 사진 그림 도면 설계 설계도 계도 디자인 자인 인팀 디자인팀
개발 개발팀 개발자 발자 서버 서버실 버실 데이터 이터베 베이스 배포 배포일정 포일 일정 일정표 휴가 휴가신청 신청 출장
교통비 통비 영수증 예산 예산안 고객 고객센터 객센 센터 문의 문의사항 의사 사항 답변 메일 메시지 시지 알림 알림설정
림설 설정 비밀번호 밀번 번호 계정 로그인 그인 화면 버튼 글꼴 색상 번역 번역본 한국어 국어 일본어 도서 도서관 서관
도서관리 관리 학교 학생 선생님 생님 수업 수업자료 업자 시험 시험공부 운동장 체육관 병원 병원예약 원예 예약 택배 배상
택배상자 주문 주문서 재고 재고관리 고관 창고 공장 자전거 자동차 주차장 엘리베이터 리베이 냉장고 김치찌개 된장찌개 찌개
치찌 냉면 커피 커피숍 피숍 산책 강아지 고양이 생일 생일선물 일선 선물 여행 여행계획 행계 제주도 부산
"""
JAPANESE = """
会議 会議室 議室 議事録 検索 検索機能 索機 機能 屋根 昼食 約束 契約書 見積 見積書 報告書 資料 ファイル ァイ 写真 図面
設計 設計図 計図 デザイン ザイ 開発 チーム ーム サーバー ーバ データベース タベ リリース 予定 予定表 休暇 休暇申請
申請 出張 交通費 領収書 予算 お客様 問い合わせ い合 返信 メール メッセージ ッセ 通知 通知設定 パスワード スワ
アカウント ログイン 画面 ボタン 翻訳 翻訳者 韓国語 国語 図書館 書館 学校 先生 授業 試験勉強 験勉 病院 在庫管理 庫管
倉庫 自転車 転車 駐車場 エレベーター 冷蔵庫 洗濯機 ラーメン コーヒー 誕生日 贈り物 旅行計画 京都 東京都庁 東京 人々
時々 々雨
"""
CHINESE = """
会议 会议室 议室 议记 会议记录 搜索 搜索功能 索功 功能 屋顶 瓦片 院子 午饭 合同 报价 报价单 报告 资料 文件 照片 图纸
设计 设计图 计图 设计师 计师 开发 开发团队 发团 团队 服务 服务器 务器 数据 数据库 据库 发布 日程 日程表 休假 出差
交通费 收据 预算 客户 客户服务 户服 咨询 邮件 消息 通知 通知设置 密码 账号 登录 界面 按钮 字体 翻译 韩国语 图书馆 书馆
学校 学生 老师 考试 考试复习 试复 操场 医院 快递 包裹 订单 库存 库存管理 存管 仓库 自行车 行车 停车场 电梯 冰箱 洗衣机
咖啡 小狗 猫咪 旅行计划 北京 上海 公司 公园 研究生 究生 生命
"""
ENGLISH = """
meeting meet minutes search roof tile yard lunch contract estimate report present presentation slide file picture draw
design designer dev developer server database release schedule journey receipt budget customer question answer email
mess notification pass password account login screen button translation library school stud teacher exam hospital
appointment parcel warehouse factory machine bicycle car garage elevator noodle coffee café cafe resume harbour api
tomorrow
"""
PHRASES = (
    "pull request", "the meeting", "See you at", "last week", "has not arrived", "looked for the", "together", "need",
    "car", "design", "roof",
)  # fmt: skip
WIDE = ("ｒｏｏｆ", "ＡＰＩ", "Ｓｅｒｖｅｒ", "ＤＡＴＡＢＡＳＥ")
HALF_WIDTH = {
    "ｻｰﾊﾞｰ": "サーバー",
    "ﾃﾞｰﾀﾍﾞｰｽ": "データベース",
    "ﾒｯｾｰｼﾞ": "メッセージ",
    "ﾊﾟｽﾜｰﾄﾞ": "パスワード",
    "ﾃﾞｻﾞｲﾝ": "デザイン",
}
SEVERAL = (
    "회의 검색",
    "검색 회의실 찾았",
    "회의록 확인",
    "会議 議事録",
    "会议 搜索",
    "meeting search",
    "search minutes",
)


@dataclass(frozen=True, slots=True)
class Label:
    """``typed`` is what somebody types; ``parts`` are regular expressions that a sentence must have, all of them."""

    typed: str
    parts: tuple[str, ...]

    def fits(self, sentence: str) -> bool:
        """Whether this sentence is meant, in its ``plain`` spelling."""
        return all(re.search(part, sentence) for part in self.parts)


def plain(sentence: str) -> str:
    """As the labels know it: letters put together, small, without accents."""
    return unicodedata.normalize("NFC", sentence).lower().replace("é", "e")


def labels() -> list[Label]:
    """Every query; those of half width, of full width and taken apart into letters among them."""
    found = [Label(word, (re.escape(word),)) for text in (KOREAN, JAPANESE, CHINESE) for word in text.split()]
    found += [Label(word, (_begins(word),)) for word in ENGLISH.split()]
    found += [Label(word.upper(), (_begins(word),)) for word in ENGLISH.split()[:10]]
    found += [Label(f'"{phrase}"', (_whole(phrase),)) for phrase in PHRASES]
    found += [Label(word, (_begins(unicodedata.normalize("NFKC", word)),)) for word in WIDE]
    found += [Label(typed, (re.escape(meant),)) for typed, meant in HALF_WIDTH.items()]
    found += [Label(unicodedata.normalize("NFD", word), (re.escape(word),)) for word in KOREAN.split()[::7]]
    found += [Label(unicodedata.normalize("NFD", word), (re.escape(word),)) for word in JAPANESE.split()[::7]]
    return found + [Label(query, tuple(_part(word) for word in query.split())) for query in SEVERAL]


def _part(word: str) -> str:
    return _begins(word) if word.isascii() else re.escape(word)


def _begins(word: str) -> str:
    return rf"(?<![a-z0-9]){re.escape(word.lower().replace('é', 'e'))}" + ("" if len(word) > 2 else "(?![a-z0-9])")


def _whole(phrase: str) -> str:
    return rf"(?<![a-z0-9]){re.escape(phrase.lower())}(?![a-z0-9])"
