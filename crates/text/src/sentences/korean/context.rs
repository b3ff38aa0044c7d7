//! What begins and what continues a sentence: the words to the right of a place where a sentence might end.

use std::collections::HashMap;
use std::sync::OnceLock;

/// What the next eojeol is likely to be doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(super) enum Context {
    Other,
    /// Conjunctive adverbs: 그리고, 하지만
    Conjunction,
    /// Pronouns and demonstratives that open a clause: 나는, 그는, 이
    Pronoun,
    /// Times and adverbs that open a clause: 오늘, 어제, 아마
    Adverb,
    /// Question words: 왜, 누가
    Question,
    /// Calls and greetings: 아, 네, 안녕하세요
    Interjection,
    /// Auxiliary verbs, which need the word before: 싶다, 보니, 있다
    Auxiliary,
    /// Dependent nouns, which need the word before: 것, 수, 때
    Dependent,
    /// Quoting words after a clause: 라고, 하고, 했다
    Quoting,
}

const WORDS: &[(Context, &str)] = &[
    (
        Context::Conjunction,
        "그리고 그러나 하지만 그런데 근데 그래서 그러니까 그러면 그럼 그래도 따라서 또한 또 즉 다만 단 그러므로 게다가 더구나 더욱이 \
         한편 반면 반면에 아니면 혹은 그렇지만 그렇다면 그래야 그러자 그러다 그러다가 그랬더니 왜냐하면 결국 마침내 이어 이어서 \
         이에 이와 그만큼 이처럼 이렇듯 특히 예를 물론 오히려 사실 참고로 아무튼 어쨌든 하여튼 어쨋든 그나저나 그치만 글고 첫째 둘째 \
         셋째 첫째로 둘째로 셋째로 마지막으로 우선 먼저 만약 만일 혹시 설마 비록 과연 역시 이때 그때 이후 당시 그중 이중 그다음 \
         여기에 거기에 그러면서 그러더니 그제야 덕분에 때문에요 이번에는 이제는",
    ),
    (
        Context::Pronoun,
        "나는 난 내가 나도 내 나를 저는 전 제가 저도 제 저희는 저희 우리는 우리 우리가 우린 너는 넌 네가 니가 너도 너희는 당신은 그는 그가 \
         그녀는 그녀가 그들은 그것은 그게 그건 그걸 이것은 이게 이건 이걸 저것은 저게 저건 이 그 저 이런 그런 저런 여기 여기는 거기 거기는 저기 \
         누군가 모두 모두가 다들 사람들은 남편은 아내는 엄마는 아빠는 어머니는 아버지는 동생은 형은 누나는 친구는",
    ),
    (
        Context::Adverb,
        "오늘 오늘은 어제 어제는 내일 내일은 지금 지금은 이제 아까 방금 요즘 요즘은 요새 최근 최근에 작년 올해 내년 다음 다음에 지난 지난주 \
         이번 이번에 매일 아침 아침에 저녁에 밤에 새벽에 주말에 처음 처음에는 처음엔 나중에 곧 벌써 아직 아직도 다시 아마 아마도 정말 진짜 너무 \
         참 꼭 제발 절대 그냥 좀 완전 역시나 솔직히 원래 가끔 항상 언제나 늘 갑자기 빨리 어서 얼른 부디 앞으로 앞으로도 날씨가 하루",
    ),
    (
        Context::Question,
        "왜 누가 누구 누구를 누구나 무엇 무엇을 뭐 뭐가 뭘 뭔가 어디 어디서 어디에 어디로 언제 어떻게 어떤 어느 얼마나 몇 무슨 웬",
    ),
    (
        Context::Interjection,
        "아 아아 오 와 우와 헐 네 예 응 어 음 자 야 아니 아뇨 아니요 그래 글쎄 글쎄요 안녕 안녕하세요 안녕하십니까 감사합니다 고맙습니다 \
         고마워 고마워요 죄송합니다 죄송하지만 미안 미안해 여러분 여보 여보세요 축하합니다 제길 젠장 아이고 에이 얘들아 ㅇㅇ",
    ),
    (
        Context::Auxiliary,
        "싶다 싶어 싶어요 싶은 싶었다 싶고 싶지 싶습니다 싶으면 싶었어 싶었는데 싶네요 싶네 보니 보니까 보면 보자 보고 봐 봐요 봤다 봤는데 봤어 보는 \
         본 볼 있다 있어 있어요 있는 있고 있었다 있습니다 있음 있지만 있으면 있을 있던 있네요 있었어 있으니 없다 없어 없어요 없는 없고 없었다 없습니다 \
         없음 없이 없지만 않다 않아 않아요 않는 않은 않고 않았다 않습니다 않으면 않을 않음 않는다 않게 못하다 못하고 못한 못하는 못했다 못해 못하게 \
         못합니다 한다 합니다 해 해요 해서 하는 하고 하면 하며 하지 했다 했는데 할 하여 하자 하던 해도 해야 됩니다 된다 되는 되어 돼 돼요 되고 되면 \
         되었다 됐다 될 된 주다 준다 주는 주고 줘 줘요 주세요 주었다 줬다 줄 주시면 버리다 버린 버렸다 버리고 버렸어 버려 가다 간다 가고 가는 오다 온다 \
         왔다 말다 말고 말았다 만다 마세요 말아 말아라 말자 놓고 놓은 두고 둔 나서 나니 나면 난 가지고 갖고 같다 같아 같아요 같은 같이 같습니다 같았다 \
         같네요 같음 같고 같지 아니다 아니라 아니고 아닌 아닙니다 아니에요 아니지만 만한 만하다 직하다 듯하다 듯한 척하다 체하다 뻔했다 싸다 대다 든다 \
         들었다 들어 드립니다 드려요 드릴게요 드리겠습니다 계신 계시다 계십니다 먹은 치우다 내다 냈다 빠진 난다 났다 죽겠다 죽겠네 부탁드립니다 바랍니다",
    ),
    (
        Context::Dependent,
        "것 것은 것이 것을 것도 것이다 것입니다 것으로 것과 것처럼 것만 거 거야 거예요 거다 걸 게 건 수 수도 수가 수는 때 때는 때가 때도 때문 때문에 \
         때문이다 때마다 때까지 줄 줄은 줄도 듯 듯이 만큼 정도 정도로 정도의 정도는 등 등의 등을 등이 등은 및 뿐 뿐만 뿐이다 대로 채 채로 척 체 지 지도 \
         바 데 데는 데다 데다가 터 김에 중 중에 중인 후 후에 뒤 뒤에 전 전에 동안 동안에 내내 사이 사이에 간 이상 이하 이내 밖에 대신 경우 경우에 경우는 \
         적 적이 적은 셈 셈이다 편 편이다 모양 나름 탓 탓에 덕 덕분 리가 리 법 법이다 식으로 쪽 쪽으로 번 명 개 년 원 이라는 이란 만에 만의 외 외에 \
         위 위에 위해 위한 위해서 대해 대한 대해서 통해 통한 따라 따른 의해 의한 관한 관해 비해 비하면 관련 관련된 이후로 이래 넘는 넘게 미만 가량 쯤 여 \
         보다 처럼 마다 부터 까지 같이",
    ),
    (
        Context::Quoting,
        "라고 라며 라는 라면서 라던 라니 고 며 하고 하며 하면서 하는 했다 했고 했던 하던 했지만 했는데 했습니다 했어요 했어 하자 하더라 하더군 하네 하네요 \
         해서 하니 하니까 하길래 하기에 한 한다 하지만은 하셨다 하시네요 하시며 합니다 말했다 말한 말하며 말하고 말하면서 말했습니다 말했어요 말씀하셨다 \
         밝혔다 전했다 설명했다 덧붙였다 강조했다 주장했다 물었다 물어 묻자 대답했다 답했다 외쳤다 소리쳤다 생각한다 생각했다 생각합니다 생각해요 \
         생각하는 생각하고 느꼈다 믿는다 말이다 말입니다 말이에요 말이야 말인가 말을 말이 말은 치고 칩시다 치더라도 쳐도 쳐 해도 해야 할까 할지 할 보니 \
         보니까 보면 봐도 보기에는 싶다 싶어 싶은 싶었다 싶어서 싶으면 싶네 그러네 그러더라 그랬다 그래서는 이런 말도 이러는 이러고",
    ),
];

fn table() -> &'static HashMap<&'static str, Context> {
    static TABLE: OnceLock<HashMap<&'static str, Context>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = HashMap::new();
        for &(context, words) in WORDS {
            for word in words.split_whitespace() {
                // A word listed twice keeps its first context.
                table.entry(word).or_insert(context);
            }
        }
        table
    })
}

/// What `word`, the eojeol to the right without brackets, stops and emoticons, is likely to be doing.
pub(super) fn context_of(word: &str) -> Context {
    table().get(word).copied().unwrap_or(Context::Other)
}

/// Whether `word` hangs on the quotation before it: 라고, 라며, 하고 …
pub(super) fn continues_quotation(word: &str) -> bool {
    const STARTS: [&str; 14] = [
        "라고",
        "라며",
        "라는",
        "라면서",
        "라던",
        "라니",
        "라고는",
        "라기",
        "고 ",
        "하고",
        "하며",
        "하면서",
        "이라고",
        "이라는",
    ];
    STARTS.iter().any(|start| word.starts_with(start.trim_end()) && (*start != "고 " || word == "고"))
}

/// Whether `word` holds a verb of saying, which closes a sentence that opened with a quotation.
pub(super) fn is_saying(word: &str) -> bool {
    const STEMS: [&str; 26] = [
        "말했", "말한", "말하", "말씀", "물었", "물어", "묻", "대답", "답했", "외쳤", "외치", "소리", "밝혔",
        "전했", "설명", "덧붙", "강조", "주장", "중얼", "속삭", "반문", "되물", "했다", "했어", "했습",
        "하더",
    ];
    STEMS.iter().any(|stem| word.starts_with(stem))
}
