import type { EmojiLines } from './emojiData.ts'

/** Nature, food, places, things and signs. */
export const worldEmoji: readonly EmojiLines[] = [
  { key: 'nature', lines: `🐶 dog puppy|강아지 개
🐱 cat|고양이
🐭 mouse|쥐
🐹 hamster|햄스터
🐰 rabbit|토끼
🦊 fox|여우
🐻 bear|곰
🐼 panda|판다
🐯 tiger|호랑이
🦁 lion|사자
🐮 cow|소
🐷 pig|돼지
🐸 frog|개구리
🐵 monkey|원숭이
🐔 chicken|닭
🐧 penguin|펭귄
🐦 bird|새
🐤 chick|병아리
🦉 owl|부엉이
🐝 bee|벌
🦋 butterfly|나비
🐢 turtle|거북이 느림
🐙 octopus|문어
🐳 whale|고래
🐠 fish|물고기
🌸 cherry blossom|벚꽃
🌹 rose|장미
🌻 sunflower|해바라기
🌷 tulip|튤립
🌱 seedling sprout|새싹
🌲 evergreen tree|나무 소나무
🌳 tree|나무
🌵 cactus|선인장
🍀 four leaf clover luck|네잎클로버 행운
🍁 maple leaf autumn|단풍 가을
🍂 fallen leaf|낙엽 가을
🌙 moon night|달 밤
☀️ sun sunny|해 맑음
⛅ cloud sun|구름 흐림
🌧️ rain|비
⛈️ thunder storm|천둥 번개
❄️ snowflake|눈송이 눈
⛄ snowman|눈사람
🌈 rainbow|무지개
🔥 fire hot lit|불 대박
⭐ star|별
🌟 glowing star|반짝 별
✨ sparkles|반짝 반짝이
⚡ lightning fast|번개 빠름
🌊 wave sea|파도 바다` },
  { key: 'food', lines: `🍎 apple|사과
🍐 pear|배
🍊 tangerine orange|귤 오렌지
🍋 lemon|레몬
🍌 banana|바나나
🍉 watermelon|수박
🍇 grapes|포도
🍓 strawberry|딸기
🍑 peach|복숭아
🍅 tomato|토마토
🥕 carrot|당근
🌽 corn|옥수수
🌶️ pepper spicy|고추 매움
🥔 potato|감자
🍠 sweet potato|고구마
🍞 bread|빵
🧀 cheese|치즈
🥚 egg|달걀 계란
🍳 cooking fried egg|요리 프라이
🍔 burger|햄버거
🍟 fries|감자튀김
🍕 pizza|피자
🌭 hot dog|핫도그
🥪 sandwich|샌드위치
🌮 taco|타코
🍜 noodles ramen|국수 라면
🍝 spaghetti pasta|파스타
🍚 rice|밥 쌀
🍛 curry|카레
🍣 sushi|초밥
🍱 bento lunch|도시락 점심
🥟 dumpling|만두
🍙 rice ball|주먹밥 삼각김밥
🍲 stew hotpot|찌개 전골
🍗 chicken leg|치킨 닭다리
🥩 meat|고기
🍦 ice cream|아이스크림
🍩 donut|도넛
🍪 cookie|쿠키
🎂 birthday cake|생일 케이크
🍰 cake|케이크
🍫 chocolate|초콜릿
🍬 candy|사탕
🍯 honey|꿀
🥛 milk|우유
☕ coffee tea|커피 차
🍵 tea|차 녹차
🧋 bubble tea|버블티
🍺 beer|맥주
🍻 cheers beers|건배 맥주
🥂 toast champagne|건배 샴페인
🍷 wine|와인
🍶 sake soju|소주 술
🥢 chopsticks|젓가락` },
  { key: 'places', lines: `🏠 house home|집
🏡 house garden yard|마당 집 정원
🏢 office building|회사 사무실
🏫 school|학교
🏥 hospital|병원
🏪 store|편의점 가게
🏯 castle|성
⛩️ shrine gate|문
🗼 tower|탑
🌉 bridge night|다리 야경
🏖️ beach|해변 바다
⛰️ mountain|산
🏕️ camping|캠핑
🚗 car|자동차 차
🚕 taxi|택시
🚌 bus|버스
🚇 subway metro|지하철
🚄 train|기차
✈️ plane travel|비행기 여행
🚀 rocket launch ship|로켓 출시
🚲 bicycle|자전거
🛵 scooter delivery|스쿠터 배달
⛵ boat|배 요트
🚢 ship|배
🗺️ map|지도
🧭 compass|나침반
🚦 traffic light|신호등
🚧 construction|공사
⚽ soccer football|축구
🏀 basketball|농구
⚾ baseball|야구
🎾 tennis|테니스
🏸 badminton|배드민턴
🏆 trophy win|우승 트로피
🥇 gold medal first|금메달 일등
🎯 target goal|목표 과녁
🎮 game|게임
🎲 dice|주사위
🧩 puzzle|퍼즐
🎨 art paint|그림 미술
🎬 movie clapper|영화
🎤 karaoke microphone|노래 마이크
🎧 headphones music|헤드폰 음악
🎵 music note|음악
🎸 guitar|기타
🎹 piano|피아노` },
  { key: 'things', lines: `🎉 party popper congratulations tada|축하 파티 폭죽
🎊 confetti|축하 색종이
🎁 gift present|선물
🎈 balloon|풍선
🎀 ribbon|리본
🎄 christmas tree|크리스마스 트리
🎃 pumpkin halloween|호박
📱 phone mobile|휴대폰 전화
💻 laptop computer|노트북 컴퓨터
🖥️ desktop computer|컴퓨터
⌨️ keyboard|키보드 자판
🖱️ mouse|마우스
🖨️ printer|프린터
📷 camera photo|카메라 사진
🎥 video camera|비디오 영상
📞 telephone call|전화
📺 television|텔레비전
⏰ alarm clock|알람 시계
⏳ hourglass wait|모래시계 기다림
⌛ hourglass done|모래시계
🔋 battery|배터리
🔌 plug|플러그
💡 idea light bulb|아이디어 전구
🔦 flashlight|손전등
📚 books|책
📖 open book read|책 읽기
📝 memo note|메모 노트
✏️ pencil|연필
🖊️ pen|펜
📌 pin|핀 고정
📎 paperclip attach|클립 첨부
📏 ruler|자
✂️ scissors cut|가위
📁 folder|폴더
📅 calendar|달력 일정
📈 chart up|그래프 상승
📉 chart down|그래프 하락
📊 bar chart|차트 통계
📦 package box|택배 상자
📮 mailbox|우체통
✉️ envelope mail|편지 메일
📣 megaphone|알림 확성기
🔔 bell|종 알림
🔕 bell off mute|알림 끄기
🔍 search|검색 돋보기
🔑 key|열쇠
🔒 lock|자물쇠 잠금
🔓 unlock|잠금 해제
🔨 hammer|망치
🔧 wrench|렌치 수리
⚙️ gear settings|설정 톱니
🧹 broom sweep clean|빗자루 청소
🛒 cart shopping|장보기 쇼핑
💰 money bag|돈
💳 credit card|카드 결제
💎 gem diamond|보석
👑 crown|왕관
👓 glasses|안경
👕 shirt|티셔츠 옷
👟 shoe sneaker|운동화
🎓 graduation|졸업
☂️ umbrella|우산
💊 pill medicine|약
🩹 bandage|반창고
🛏️ bed sleep|침대
🚿 shower|샤워
🧸 teddy bear|곰 인형
🧪 test tube experiment|실험
🐛 bug|버그 벌레` },
  { key: 'signs', lines: `✅ check done yes|완료 확인 체크
☑️ checkbox|체크 선택
✔️ check mark|확인 체크
❌ cross no|아니 취소 엑스
⭕ circle|동그라미
❗ exclamation important|느낌표 중요
❓ question|물음표 질문
‼️ double exclamation|느낌표
⚠️ warning|경고 주의
🚫 prohibited|금지
🆗 ok|오케이
🆕 new|새로운
🆒 cool|멋짐
🔴 red circle|빨강 동그라미
🟠 orange circle|주황 동그라미
🟡 yellow circle|노랑 동그라미
🟢 green circle|초록 동그라미
🔵 blue circle|파랑 동그라미
⚫ black circle|검정 동그라미
⚪ white circle|하양 동그라미
➕ plus|더하기
➖ minus|빼기
➡️ right arrow|오른쪽 화살표
⬅️ left arrow|왼쪽 화살표
⬆️ up arrow|위 화살표
⬇️ down arrow|아래 화살표
🔄 refresh arrows|새로고침
🔁 repeat|반복
▶️ play|재생
⏸️ pause|일시 정지
1️⃣ one number|숫자 일
2️⃣ two number|숫자 이
3️⃣ three number|숫자 삼
🔟 ten number|숫자 십
♻️ recycle|재활용
🏁 finish flag|완주 깃발
🚩 flag|깃발
🇰🇷 korea flag|한국 태극기
🇺🇸 usa flag|미국
🇯🇵 japan flag|일본
🇨🇳 china flag|중국
🇪🇺 europe flag|유럽
🇩🇪 germany flag|독일
🇫🇷 france flag|프랑스
🇬🇧 uk britain flag|영국` },
]
