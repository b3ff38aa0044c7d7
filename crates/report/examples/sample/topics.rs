//! A made-up topic model: words and documents of our own, figures from a fixed congruence, nothing measured.

use gyeol_report::Language;
use gyeol_report::topic_map::*;

const ENGLISH: [&str; 8] = [
    "harbour vessel tide crane cargo pilot anchor quay freight captain mooring ferry",
    "orchard apple graft blossom cider harvest pruning pear cellar basket rootstock frost",
    "signal antenna receiver noise carrier bandwidth tuner oscillator filter decibel relay static",
    "verdict appeal court witness statute clerk hearing counsel jury plaintiff motion bench",
    "glacier summit rope ridge crevasse climber avalanche shelter altitude icefall descent guide",
    "loom thread weaver dye wool pattern shuttle spindle linen cloth warp weft",
    "kitchen oven dough yeast recipe flour crust butter simmer pepper ladle broth",
    "orbit probe launch telescope lander crater comet payload booster eclipse module dust",
];
const KOREAN: [&str; 8] = [
    "항구 선박 부두 화물 선장 밀물 썰물 닻 등대 여객선 하역 운임",
    "과수원 사과 접목 꽃눈 수확 가지치기 배나무 서리 저장고 바구니 과육 농부",
    "신호 안테나 수신기 잡음 반송파 대역폭 발진기 필터 중계기 주파수 송신 전파",
    "판결 항소 법정 증인 법률 서기 심리 변호인 배심 원고 피고 기각",
    "빙하 정상 밧줄 능선 크레바스 등반대 눈사태 대피소 고도 하산 길잡이 설원",
    "베틀 실타래 직조 염색 양털 무늬 북 물레 아마 옷감 날실 씨실",
    "부엌 화덕 반죽 효모 조리법 밀가루 껍질 버터 후추 국자 육수 양념",
    "궤도 탐사선 발사 망원경 착륙선 분화구 혜성 탑재체 추진체 일식 모듈 먼지",
];
const COMMON: [&str; 2] = ["year people place work time", "사람 시간 올해 장소 일"];

/// Fractions from a fixed linear congruence.
fn fractions() -> impl FnMut() -> f64 {
    let mut state = 20_141_106u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A model of `k` topics.
pub fn map(k: usize, language: Language) -> TopicMap {
    let (themes, common) = match language {
        Language::English => (ENGLISH, COMMON[0]),
        Language::Korean => (KOREAN, COMMON[1]),
    };
    let mut next = fractions();
    // Beyond the first eight, a theme's words are told apart by a number.
    let mut texts: Vec<String> = common.split(' ').map(String::from).collect();
    let shared = texts.len();
    for t in 0..k {
        let tail = if t < themes.len() { String::new() } else { format!("-{}", t / themes.len()) };
        texts.extend(themes[t % themes.len()].split(' ').map(|w| format!("{w}{tail}")));
    }
    let own = (texts.len() - shared) / k.max(1);
    let sizes: Vec<f64> = (0..k).map(|t| (0.3 + next()) / (1.0 + 0.12 * t as f64)).collect();
    let tokens = 400_000.0;
    let whole: f64 = sizes.iter().sum();
    let mut counts = vec![vec![0.0f64; texts.len()]; k];
    for t in 0..k {
        let mass = (tokens * sizes[t] / whole).floor();
        let mut weights = vec![0.0f64; texts.len()];
        for (w, weight) in weights.iter_mut().enumerate() {
            let home = w >= shared && (w - shared) / own == t;
            let rank = if w < shared { w } else { (w - shared) % own } as f64;
            *weight = match (w < shared, home) {
                (true, _) => 0.6 + next(),
                (false, true) => 3.0 / (1.0 + rank) * (0.6 + next()),
                (false, false) if next() < 0.06 => 0.15 * next(),
                _ => 0.0,
            };
        }
        // The last topic is a twin of the first.
        if k > 4 && t == k - 1 {
            weights = counts[0].iter().map(|n| n * (0.9 + 0.2 * next())).collect();
        }
        let sum: f64 = weights.iter().sum();
        for (count, weight) in counts[t].iter_mut().zip(weights) {
            *count = (mass * weight / sum).floor();
        }
    }
    let totals: Vec<f64> = (0..texts.len()).map(|w| counts.iter().map(|c| c[w]).sum()).collect();
    let all: f64 = totals.iter().sum();
    let phi: Vec<Vec<f64>> = counts
        .iter()
        .map(|c| {
            let n: f64 = c.iter().sum();
            c.iter().map(|x| (x + 0.01) / (n + 0.01 * texts.len() as f64)).collect()
        })
        .collect();
    // On a circle, the twin beside the first; near topics follow each other.
    let angle =
        |t: usize| if k > 4 && t == k - 1 { 0.02 } else { t as f64 * std::f64::consts::TAU / k as f64 };
    let points: Vec<(f64, f64)> = (0..k).map(|t| (0.45 * angle(t).cos(), 0.45 * angle(t).sin())).collect();
    let far = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
    let between = points.iter().flat_map(|&a| points.iter().map(move |&b| far(a, b))).collect();
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by(|&a, &b| angle(a).total_cmp(&angle(b)));
    let frequent = |t: usize| {
        let mut words: Vec<(usize, f64)> = phi[t].iter().copied().enumerate().collect();
        words.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        words.truncate(room(k));
        words
    };
    let topics = (0..k)
        .map(|t| Topic {
            number: t as u64 + 1,
            share: counts[t].iter().sum::<f64>() / all,
            alpha: Some(0.05 + 0.1 * next()),
            coherence: Coherence {
                npmi: Some(if t == 2 { -0.02 } else { 0.02 + 0.2 * next() }),
                umass: Some(-1.0 - 2.0 * next()),
                ..Coherence::default()
            },
            words: frequent(t),
            documents: (0..8).map(|d| document(t, d, k, &texts, shared, own, &mut next)).collect(),
        })
        .collect();
    let words = texts
        .into_iter()
        .enumerate()
        .map(|(w, text)| Word {
            text,
            count: totals[w],
            topics: (0..k).filter(|&t| counts[t][w] > 0.0).map(|t| (t, counts[t][w])).collect(),
        })
        .collect::<Vec<_>>();
    TopicMap {
        title: if language == Language::Korean { "지어낸 신문" } else { "A made-up newspaper" }.into(),
        version: "0.1.0".into(),
        command: format!("gyeol topics paper.jsonl -o paper.gyeol --method lda -k {k}"),
        sha256: "0f".repeat(32),
        method: Method {
            name: "LDA, collapsed Gibbs".into(),
            documents: 20_000,
            tokens: all as u64,
            vocabulary: words.len() as u64,
            iterations: Some(500),
            alpha: Some(5.0),
            beta: Some(0.01),
            seed: Some(7),
            log_likelihood: Some(-7.8123),
            perplexity: Some(2034.5),
        },
        words,
        topics,
        places: Places { points, kept: 0.4 },
        distances: between,
        order,
        lambda: 1.0,
        curve: (1..=100).map(|i| (i * 5, -7.8 - 1.6 * (-(i as f64) / 12.0).exp() + 0.003 * next())).collect(),
        scan: (k == 5).then(|| scan(&mut next)),
    }
}

fn scan(next: &mut impl FnMut() -> f64) -> Vec<ScanRow> {
    [2, 5, 10, 20, 50]
        .into_iter()
        .map(|topics| ScanRow {
            topics,
            perplexity: Some(1900.0 + 60.0 * ((topics as f64).ln() - 2.6).powi(2) + 5.0 * next()),
            log_likelihood: Some(-8.2 + 0.1 * (topics as f64).ln()),
            coherence: Coherence {
                npmi: Some(0.12 - 0.03 * ((topics as f64).ln() - 1.7).powi(2)),
                ..Coherence::default()
            },
            seconds: Some(0.8 * topics as f64),
        })
        .collect()
}

fn document(
    t: usize,
    d: usize,
    k: usize,
    texts: &[String],
    shared: usize,
    own: usize,
    next: &mut impl FnMut() -> f64,
) -> Document {
    let theta = 0.95 - 0.05 * d as f64 - 0.04 * next();
    let mut mix = vec![(t, theta)];
    if k > 2 {
        mix.push(((t + 1) % k, (1.0 - theta) * 0.7));
        mix.push(((t + 2) % k, (1.0 - theta) * 0.2));
    }
    let line: Vec<&str> = (0..40)
        .map(|_| {
            let at = if next() < 0.25 {
                (next() * shared as f64) as usize
            } else {
                shared + t * own + (next() * own as f64) as usize
            };
            texts[at.min(texts.len() - 1)].as_str()
        })
        .collect();
    Document { name: format!("{:05}", t * 100 + d), text: line.join(" "), mix }
}
