use super::*;
use crate::path::tests::on_every_path;

/// A block of made-up documents, with counts that fit its topics.
struct Made {
    k: usize,
    slices: Vec<DocSlice>,
    words: Vec<u32>,
    topics: Vec<u16>,
    doc_topics: Vec<i32>,
    word_topics: GibbsRows,
    vocabulary: usize,
    topic_tokens: Vec<i32>,
}

impl Made {
    fn new(k: usize, docs: u32, vocabulary: u64) -> Self {
        let mut rng = Rng::new(k as u64);
        let stride = gibbs_stride(k);
        let slices: Vec<DocSlice> =
            (0..docs).map(|doc| DocSlice { doc, tokens: rng.below(40) as u32 }).collect();
        let tokens = slices.iter().map(|s| s.tokens as usize).sum();
        let words: Vec<u32> = (0..tokens).map(|_| rng.below(vocabulary) as u32).collect();
        let topics = (0..tokens).map(|_| rng.below(k as u64) as u16).collect();
        let mut made = Made {
            k,
            slices,
            words,
            topics,
            doc_topics: vec![0; docs as usize * stride],
            word_topics: GibbsRows::new(k, []),
            vocabulary: vocabulary as usize,
            topic_tokens: vec![0; stride],
        };
        let mut frequency = vec![0; made.vocabulary];
        made.words.iter().for_each(|&w| frequency[w as usize] += 1);
        // Some words have lists and some full rows, where there are more topics than fit registers.
        made.word_topics = GibbsRows::with(k, frequency, 20);
        let (doc_topics, words, topic_tokens) = made.counted();
        for (word, counts) in words.chunks_exact(stride).enumerate() {
            for (topic, &n) in counts.iter().enumerate() {
                (0..n).for_each(|_| made.word_topics.add(word, topic));
            }
        }
        (made.doc_topics, made.topic_tokens) = (doc_topics, topic_tokens);
        made
    }

    /// The counts that the topics say.
    fn counted(&self) -> (Vec<i32>, Vec<i32>, Vec<i32>) {
        let stride = gibbs_stride(self.k);
        let mut counts = (
            vec![0; self.doc_topics.len()],
            vec![0; self.vocabulary * stride],
            vec![0; self.topic_tokens.len()],
        );
        let docs = self.slices.iter().flat_map(|s| std::iter::repeat_n(s.doc, s.tokens as usize));
        for ((doc, &word), &topic) in docs.zip(&self.words).zip(&self.topics) {
            counts.0[doc as usize * stride + topic as usize] += 1;
            counts.1[word as usize * stride + topic as usize] += 1;
            counts.2[topic as usize] += 1;
        }
        counts
    }

    /// The counts of words, as rows.
    fn words_counted(&self) -> Vec<i32> {
        let stride = gibbs_stride(self.k);
        let mut rows = vec![0; self.vocabulary * stride];
        for word in 0..self.vocabulary {
            self.word_topics.each(word).for_each(|(topic, n)| rows[word * stride + topic] += n);
        }
        rows
    }

    fn sweep(&mut self, alpha: f32, scratch: &mut GibbsScratch, rng: &mut Rng) {
        let alpha = vec![alpha; self.k];
        let priors = GibbsPriors { alpha: &alpha, beta: 0.01, beta_sum: 0.01 * self.vocabulary as f32 };
        let block = GibbsBlock {
            slices: &self.slices,
            words: &self.words,
            topics: &mut self.topics,
            doc_topics: &mut self.doc_topics,
            word_topics: &mut self.word_topics,
            topic_tokens: &mut self.topic_tokens,
        };
        gibbs_sweep(block, priors, scratch, rng);
    }
}

const SIZES: [usize; 15] = [1, 2, 15, 16, 17, 33, 50, 64, 80, 96, 112, 128, 129, 160, 500];

#[test]
fn counts_follow_the_topics() {
    for k in SIZES {
        let mut made = Made::new(k, 30, 50);
        let (mut scratch, mut rng) = (GibbsScratch::default(), Rng::new(3));
        for _ in 0..3 {
            made.sweep(0.1, &mut scratch, &mut rng);
            assert!(made.topics.iter().all(|&t| usize::from(t) < k), "{k}");
            let counts = (made.doc_topics.clone(), made.words_counted(), made.topic_tokens.clone());
            assert_eq!(made.counted(), counts, "{k} topics");
            made.word_topics.settle();
            assert_eq!(made.counted().1, made.words_counted(), "{k} topics, settled");
        }
    }
}

#[test]
fn every_path_draws_the_same_topics() {
    for k in SIZES {
        let drawn = on_every_path(|| {
            let mut made = Made::new(k, 40, 60);
            let (mut scratch, mut rng) = (GibbsScratch::default(), Rng::new(5));
            (0..4).for_each(|_| made.sweep(0.3, &mut scratch, &mut rng));
            made.topics
        });
        for (path, topics) in &drawn[1..] {
            assert_eq!(*topics, drawn[0].1, "{k} topics, {}", path.name());
        }
    }
}

/// The conditional distribution of one token, drawn 200,000 times, against equation 5 worked out in double precision.
#[test]
fn a_token_is_drawn_from_its_conditional_distribution() {
    // With 130 and 160 topics once from a full row and once from a list.
    for (k, least) in [(3, 1), (16, 1), (20, 1), (130, 1), (130, 1000), (160, 1), (160, 1000)] {
        let stride = gibbs_stride(k);
        let (word, old) = (4u32, 1u16);
        let mut docs = vec![0; stride];
        docs.iter_mut().take(k).enumerate().for_each(|(t, n)| *n = t as i32 % 4 + 1);
        let mut tokens = vec![0; stride];
        tokens.iter_mut().take(k).enumerate().for_each(|(t, n)| *n = t as i32 % 7 + 5);
        let of_word = |t: usize| if t % 3 == 1 { t as i32 % 5 + 1 } else { 0 };
        let frequency: u64 = (0..k).map(|t| of_word(t) as u64).sum();
        let mut rows = GibbsRows::with(k, (0..9).map(|w| if w == word { frequency } else { 0 }), least);
        (0..k).for_each(|t| (0..of_word(t)).for_each(|_| rows.add(word as usize, t)));
        let vocabulary = 9.0;
        let (alpha, beta) = (0.2, 0.3);
        let weight = |t: usize| {
            let mine = f64::from(u8::from(t == usize::from(old)));
            let n = |count: i32| f64::from(count) - mine;
            (n(docs[t]) + alpha) * (n(of_word(t)) + beta) / (n(tokens[t]) + vocabulary * beta)
        };
        let weights: Vec<f64> = (0..k).map(weight).collect();
        let total: f64 = weights.iter().sum();
        let draws = 200_000;
        let mut found = vec![0u32; k];
        let (mut scratch, mut rng) = (GibbsScratch::default(), Rng::new(11));
        let alphas = vec![alpha as f32; k];
        let priors = GibbsPriors { alpha: &alphas, beta: beta as f32, beta_sum: (vocabulary * beta) as f32 };
        for _ in 0..draws {
            let mut topic = [old];
            let (mut doc, mut rows, mut tokens) = (docs.clone(), rows.clone(), tokens.clone());
            let block = GibbsBlock {
                slices: &[DocSlice { doc: 0, tokens: 1 }],
                words: &[word],
                topics: &mut topic,
                doc_topics: &mut doc,
                word_topics: &mut rows,
                topic_tokens: &mut tokens,
            };
            gibbs_sweep(block, priors, &mut scratch, &mut rng);
            found[usize::from(topic[0])] += 1;
        }
        for t in 0..k {
            let p = weights[t] / total;
            let error = (p * (1.0 - p) / f64::from(draws)).sqrt();
            let share = f64::from(found[t]) / f64::from(draws);
            assert!((share - p).abs() < 5.0 * error + 1e-6, "{k} topics, topic {t}: {share} for {p}");
        }
    }
}

/// What a list looks like after sweeps follows from the counts once it is settled.
#[test]
fn settled_rows_do_not_remember_how_they_came_about() {
    let mut made = Made::new(300, 60, 40);
    assert!(made.word_topics.has_lists());
    let (mut scratch, mut rng) = (GibbsScratch::default(), Rng::new(3));
    for _ in 0..5 {
        made.sweep(0.1, &mut scratch, &mut rng);
        made.word_topics.settle();
        let mut again = made.word_topics.clone();
        again.clear();
        let (_, words, _) = made.counted();
        for (word, counts) in words.chunks_exact(gibbs_stride(300)).enumerate().rev() {
            for (topic, &n) in counts.iter().enumerate().rev() {
                (0..n).for_each(|_| again.add(word, topic));
            }
        }
        again.settle();
        assert_eq!(again, made.word_topics);
    }
}

#[test]
#[should_panic(expected = "a topic outside")]
fn a_topic_outside_is_refused() {
    let mut made = Made::new(5, 10, 10);
    made.topics[0] = 5;
    made.sweep(0.1, &mut GibbsScratch::default(), &mut Rng::new(1));
}

#[test]
#[should_panic(expected = "a word outside")]
fn a_word_outside_is_refused() {
    let mut made = Made::new(5, 10, 10);
    made.words[0] = 10;
    made.sweep(0.1, &mut GibbsScratch::default(), &mut Rng::new(1));
}

#[test]
#[should_panic(expected = "a document outside")]
fn a_document_outside_is_refused() {
    let mut made = Made::new(5, 10, 10);
    made.slices[0].doc = 10;
    made.sweep(0.1, &mut GibbsScratch::default(), &mut Rng::new(1));
}
