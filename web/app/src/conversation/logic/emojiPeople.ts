import type { EmojiLines } from './emojiData.ts'

/** Faces, hands and hearts. */
export const peopleEmoji: readonly EmojiLines[] = [
  { key: 'faces', lines: `😀 grinning happy smile|웃음 기쁨 미소
😄 smile laugh happy|웃음 활짝 기쁨
😁 beaming grin|싱글벙글 웃음
😆 laughing squint|깔깔 웃음
😅 sweat smile relief|식은땀 웃음
🤣 rofl rolling laughing|배꼽 폭소
😂 joy tears laughing|눈물 웃음 폭소
🙂 slight smile|살짝 미소
🙃 upside down|거꾸로 미소
😉 wink|윙크
😊 blush smile warm|수줍은 미소
😇 angel halo innocent|천사
🥰 love hearts face|사랑 하트 얼굴
😍 heart eyes love|하트 눈 반함
🤩 star eyes wow|별 눈 감탄
😘 kiss|뽀뽀 키스
😋 yum tasty delicious|맛있어 냠냠
😛 tongue playful|메롱 혀
😜 wink tongue crazy|메롱 장난
🤪 zany crazy|엉뚱 장난
🤗 hug|포옹 안아
🤭 hand over mouth oops|입 가림 웃음
🤫 shh quiet secret|쉿 비밀 조용
🤔 thinking hmm|생각 고민 흠
🫡 salute yes sir|경례 알겠습니다
🤐 zipper mouth|입 다물기
🤨 raised eyebrow doubt|의심 눈썹
😐 neutral|무표정
😑 expressionless|무표정 덤덤
😶 no mouth silent|침묵
😏 smirk|능글 미소
😒 unamused|못마땅
🙄 eye roll|눈 굴리기
😬 grimace awkward|어색 이 악물
😌 relieved calm|안도 평온
😔 pensive sad|시무룩 슬픔
😪 sleepy|졸림
😴 sleeping zzz|잠 쿨쿨
😷 mask sick|마스크 감기
🤒 thermometer sick fever|열 아픔
🤕 bandage hurt|다침 붕대
🤧 sneeze|재채기 코
🥵 hot|더워
🥶 cold freezing|추워
😵‍💫 dizzy spiral|어질어질
🤯 mind blown|충격 머리 폭발
🥳 party celebrate|파티 축하
😎 cool sunglasses|멋짐 선글라스
🤓 nerd glasses|공부 안경
🧐 monocle inspect|살펴봄 돋보기
😕 confused|갸우뚱 혼란
😟 worried|걱정
🙁 frown|찡그림
😮 open mouth wow|놀람 와
😲 astonished|깜짝 놀람
😳 flushed embarrassed|부끄 당황
🥺 pleading please|부탁 간절
😨 fearful|무서움
😰 anxious sweat|불안 식은땀
😥 sad relieved|서운 땀
😢 cry tear|울음 눈물
😭 sob crying loud|엉엉 오열 눈물
😱 scream|비명 공포
😤 huff triumph|씩씩 콧김
😡 angry pouting|화남 분노
🤬 swearing|욕 분노
😈 devil smile|악마 장난
💀 skull dead|해골 죽음
👻 ghost|유령
🤖 robot bot|로봇
😺 cat smile|고양이 웃음
🙈 see no evil monkey|안 봐 원숭이
🙉 hear no evil monkey|안 들려 원숭이
🙊 speak no evil monkey|말 안 해 원숭이` },
  { key: 'hands', lines: `*👍 thumbs up yes good like|좋아요 최고 엄지 네
*👎 thumbs down no bad|싫어요 별로 아니
*👌 ok perfect|오케이 좋아
*✌️ victory peace|브이 평화
*🤞 fingers crossed luck|행운 기원
*🤟 love you gesture|사랑해 손
*👈 left point|왼쪽
*👉 right point|오른쪽
*👆 up point|위
*👇 down point|아래
*☝️ one point up|하나 위
*✋ raised hand stop|손 멈춰
*👋 wave hello bye|안녕 인사 손 흔들
*🤚 back of hand|손등
*👏 clap applause|박수 짝짝
*🙌 raised hands hooray|만세 야호
*🫶 heart hands|손 하트
*🤝 handshake deal|악수 협력
*🙏 pray thanks please|감사 부탁 기도 고마워
*✍️ writing|글쓰기 메모
*💪 muscle strong|힘 파이팅 근육
*🤙 call me|전화 손
*🫰 finger heart|손가락 하트
*👊 fist bump|주먹
*✊ raised fist|주먹 불끈
👀 eyes look|눈 보기 구경
🧠 brain smart|뇌 머리
*🙋 raising hand me question|저요 손들기
*🙆 ok gesture|동그라미 좋아
*🙅 no gesture|엑스 안 돼
*🤷 shrug dunno|으쓱 몰라
*🤦 facepalm|이마 아이고
*🙇 bow sorry thanks|절 죄송 감사
*💁 tipping hand info|안내
*🏃 run hurry|달리기 서둘러
*🚶 walk|걷기 산책
*💃 dance|춤
👨‍👩‍👧 family|가족
*👶 baby|아기
*🧑‍💻 developer computer|개발자 컴퓨터` },
  { key: 'hearts', lines: `❤️ red heart love|빨간 하트 사랑
🧡 orange heart|주황 하트 감
💛 yellow heart|노란 하트
💚 green heart|초록 하트
💙 blue heart|파란 하트
💜 purple heart|보라 하트
🤎 brown heart|갈색 하트
🖤 black heart|검은 하트
🤍 white heart|하얀 하트
💔 broken heart|깨진 하트 이별
❤️‍🔥 heart on fire|불타는 하트
💕 two hearts|두 하트
💞 revolving hearts|도는 하트
💓 beating heart|두근 하트
💖 sparkling heart|반짝 하트
💘 heart arrow|화살 하트
💝 heart gift|선물 하트
💯 hundred perfect|백점 완벽
💢 anger|화 빠직
💥 boom collision|펑 폭발
💫 dizzy star|빙글 별
💦 sweat drops|땀 물방울
💨 dash fast|휙 바람
💬 speech balloon chat|말풍선 대화
💭 thought balloon|생각 풍선
💤 zzz sleep|쿨쿨 잠` },
]
