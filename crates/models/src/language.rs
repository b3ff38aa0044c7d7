//! A language model, of counts, a net, or both, with its way from text to tokens.

use gyeol_base::{Fault, Result};
use gyeol_bundle::{Bundle, Packed, bad_manifest};
use gyeol_lm::AnyLm;
use gyeol_ngram::{Sampling, Scored, ScoresWords, next_words, sample_each, score_ids, score_words};
use gyeol_tensor::Pool;
use gyeol_text::lines::TokenLines;
use serde_json::{Map, Value, json};

use crate::answers::{Answers, Ask, Reply, VerbSpec, no_such_verb, number, object, text, texts, whole};
use crate::inside;

/// A language model that reads texts.
#[derive(Debug)]
pub struct LmModel {
    /// From texts to lines of tokens, as the training part was read.
    pub lines: TokenLines,
    /// What comes next.
    pub model: AnyLm,
    /// N-grams by order; none of a net.
    pub counts: Vec<u64>,
    /// Smoothing.
    pub smoothing: String,
    /// Discounts of counts 1, 2, 3 and more, by order, where the smoothing has them.
    pub discounts: Vec<[f32; 3]>,
    /// Discounts that had to be replaced, in words.
    pub warnings: Vec<String>,
}

impl Packed for LmModel {
    const KIND: &'static str = "language-model";

    fn pack(&self, bundle: &mut Bundle) -> Result<()> {
        let model = self.model.pack(bundle, "")?;
        bundle.manifest.model = json!({
            "counts": self.counts,
            "parameters": self.parameters(),
            "vocabulary": self.model.vocabulary_len(),
            "smoothing": self.smoothing,
            "discounts": self.discounts,
            "warnings": self.warnings,
            "lines": self.lines.to_json(),
        });
        // Counts alone are written as the first version wrote them.
        let (key, value) = match self.model.as_ngram() {
            Some(counts) => ("order", json!(counts.order())),
            None => ("model", model),
        };
        bundle.manifest.model[key] = value;
        Ok(())
    }

    fn unpack(bundle: Bundle) -> Result<LmModel> {
        let value = &bundle.manifest.model;
        // Models of the first version do not say how they were smoothed.
        fn known<T: serde::de::DeserializeOwned + Default>(value: &serde_json::Value, key: &str) -> T {
            serde_json::from_value(value[key].clone()).unwrap_or_default()
        }
        let counts = serde_json::from_value(value["counts"].clone()).map_err(bad_manifest)?;
        let lines = TokenLines::from_json(&value["lines"]).map_err(bad_manifest)?;
        let model = AnyLm::unpack(&bundle, &value["model"], "")?;
        Ok(LmModel {
            lines,
            model,
            counts,
            smoothing: known(value, "smoothing"),
            discounts: known(value, "discounts"),
            warnings: known(value, "warnings"),
        })
    }

    fn parameters(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.model.net_parameters()
    }
}

/// Tokens that are scored at once: each takes some 1,600 bytes as an object of JSON.
const MOST_TOKENS: usize = 30_000;
/// Words of a text that is made up, unless another number is asked for, and at most.
const LONG: (u64, u64) = (50, 10_000);
/// Next words, unless another number is asked for, and at most.
const NEXT: (u64, u64) = (10, 1000);

impl LmModel {
    /// A text as the model's words, `most` of them with its end.
    fn scored(&self, text: &str, most: usize) -> Result<(Vec<String>, Vec<Scored>)> {
        let line = self.lines.line(text);
        let words: Vec<&str> = line.split_whitespace().take(most).collect();
        if words.len() == most {
            return Err(Fault::new(
                "too-many-tokens",
                format!("the texts have more than {MOST_TOKENS} tokens"),
            )
            .next("ask for fewer at once; gyeol score reads files of any length")
            .limit());
        }
        let scored = score_words(&self.model, &words);
        Ok((words.into_iter().map(str::to_owned).collect(), scored))
    }

    /// A continuation, its words handed over as they are drawn.
    fn generate(&self, ask: &Map<String, Value>, piece: &mut dyn FnMut(Value) -> bool) -> Result<Reply> {
        let prompt = self.lines.line(&text(ask, "prompt")?);
        let words: Vec<&str> = prompt.split_whitespace().collect();
        let how = Sampling {
            max: whole(ask, "max", LONG.0, LONG.1)? as usize,
            temperature: number(ask, "temperature", 1.0)?,
            seed: whole(ask, "seed", 0, u64::MAX)?,
            top_k: whole(ask, "top_k", 0, u64::from(u32::MAX))? as usize,
            top_p: number(ask, "top_p", 1.0)?,
        };
        let mut drawn = Vec::new();
        sample_each(&self.model, &words, &how, &mut |word| {
            drawn.push(word);
            piece(json!({ "token": self.model.word(word) }))
        })?;
        let all = words.into_iter().chain(drawn.iter().map(|&word| self.model.word(word)));
        Ok(Reply::Json(json!({ "text": self.lines.text(all) })))
    }
}

impl Answers for LmModel {
    fn verbs(&self) -> Vec<VerbSpec> {
        let text = || json!({ "type": "string" });
        let texts = || json!({ "type": "array", "items": { "type": "string" } });
        let object = |required: &[&str], properties: Value| json!({ "type": "object", "required": required, "properties": properties });
        let mut verbs = vec![
            VerbSpec {
                name: "score",
                about: "Log10 probability of each text, word by word.",
                table: false,
                input: object(&["texts"], json!({ "texts": texts() })),
                output: object(
                    &["scores", "perplexity"],
                    json!({
                        "scores": { "type": "array", "items": { "type": "object" } },
                        "perplexity": { "type": "number" }, "tokens": { "type": "integer" },
                    }),
                ),
            },
            VerbSpec {
                name: "next",
                about: "The most probable words after a text.",
                table: false,
                input: object(&[], json!({ "text": text(), "k": { "type": "integer", "default": NEXT.0 } })),
                output: object(
                    &["next"],
                    json!({ "next": { "type": "array", "items": { "type": "object" } } }),
                ),
            },
            VerbSpec {
                name: "generate",
                about: "A continuation that is drawn from the model; with Accept: text/event-stream word by word.",
                table: false,
                input: object(
                    &[],
                    json!({
                        "prompt": text(), "max": { "type": "integer", "default": LONG.0 },
                        "temperature": { "type": "number", "default": 1.0 }, "seed": { "type": "integer", "default": 0 },
                        "top_k": { "type": "integer", "default": 0 }, "top_p": { "type": "number", "default": 1.0 },
                    }),
                ),
                output: object(&["text"], json!({ "text": text() })),
            },
        ];
        if self.has_net() {
            verbs.push(inside::verb());
        }
        verbs
    }

    fn answer(&self, verb: &str, ask: Ask, _pool: &Pool) -> Result<Reply> {
        let ask = object(ask)?;
        match verb {
            "score" => {
                let (mut log10, mut tokens) = (0.0, 0usize);
                let mut scores = Vec::new();
                for text in texts(&ask, "texts")? {
                    gyeol_base::in_time()?;
                    let (words, scored) = self.scored(&text, MOST_TOKENS - tokens)?;
                    let total: f64 = scored.iter().map(|s| f64::from(s.log10)).sum();
                    (log10, tokens) = (log10 + total, tokens + scored.len());
                    let words: Vec<Value> = scored
                        .iter()
                        .enumerate()
                        .map(|(i, s)| {
                            let word = words.get(i).map_or("</s>", String::as_str);
                            json!({ "token": word, "log10": s.log10, "unknown": s.unknown })
                        })
                        .collect();
                    scores.push(json!({ "text": text, "log10": total, "tokens": words }));
                }
                let perplexity = 10f64.powf(-log10 / tokens.max(1) as f64);
                let perplexity = Some(perplexity).filter(|p| p.is_finite());
                Ok(Reply::Json(json!({ "scores": scores, "perplexity": perplexity, "tokens": tokens })))
            }
            "next" => {
                let line = self.lines.line(&text(&ask, "text")?);
                let words: Vec<&str> = line.split_whitespace().collect();
                let k = whole(&ask, "k", NEXT.0, NEXT.1)? as usize;
                let ids: Vec<u32> = words.iter().map(|w| self.model.text_id(w.as_bytes())).collect();
                let state = score_ids(&self.model, &ids, false, |_| {});
                let next: Vec<Value> = next_words(&self.model, &state, k)
                    .into_iter()
                    .map(|(word, p)| json!({ "token": self.model.word(word), "p": p }))
                    .collect();
                Ok(Reply::Json(json!({ "next": next })))
            }
            "generate" => self.generate(&ask, &mut |_| true),
            "explain" if self.has_net() => Ok(Reply::Json(inside::answer(self, &ask)?)),
            _ => Err(no_such_verb(verb, &self.verbs())),
        }
    }

    fn answer_in_pieces(
        &self,
        verb: &str,
        ask: Ask,
        pool: &Pool,
        piece: &mut dyn FnMut(Value) -> bool,
    ) -> Result<Reply> {
        match verb {
            "generate" => self.generate(&object(ask)?, piece),
            _ => self.answer(verb, ask, pool),
        }
    }
}
