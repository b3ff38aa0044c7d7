//! Rungs that read with the net of another rung: with a cache of its states, or learning while they read.

use std::time::Instant;

use gyeol_base::{Error, Result};
use gyeol_lm::{AnyLm, DynamicLm, DynamicParams, NetLm, NeuralCacheLm};
use gyeol_models::LmModel;
use gyeol_ngram::{Protocol, Stage, WordId};

use super::Words;
use super::nets::fact;
use crate::recipe::rung_kind;
use crate::task::{Fit, Running};
use crate::watch::Step;

/// N and θ that are tried.
const SIZES: [usize; 3] = [100, 500, 2000];
const THETAS: [f64; 7] = [0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6];
/// η and ρ that are tried, and words between two steps.
const RATES: [f64; 4] = [0.03, 0.1, 0.3, 1.0];
const PULLS: [f64; 2] = [0.0, 0.002];
const WINDOW: usize = 20;
/// Words of the validation part that choose: of a cache, and of the slower learning.
const CACHED: usize = 200_000;
const LEARNT: usize = 10_000;

/// The first lines that hold so many words.
fn first(lines: &[Vec<WordId>], words: usize) -> &[Vec<WordId>] {
    let mut seen = 0;
    let enough = lines.iter().take_while(|line| {
        let more = seen < words;
        seen += line.len() + 1;
        more
    });
    &lines[..enough.count()]
}

impl Words<'_> {
    /// A net of another rung that remembers its states, or goes on learning, with what the validation part chose.
    pub(super) fn reader(&mut self, at: usize, running: &mut Running<'_>) -> Result<Fit<LmModel>> {
        let rung = self.rungs[at].clone();
        let name = self.recipe.net_of(at).map(str::to_owned);
        let name = name.ok_or_else(|| Error::defect(format!("no net for {}", rung.name)))?;
        let AnyLm::Net(net) = self.member(&name, running)?.model else {
            return Err(Error::defect(format!("{name} is no net")));
        };
        // What trained the net is told by its own rung.
        let since = Instant::now();
        let lines = self.workbench.numbered(1, net.words())?;
        let watch = &mut *running.watch;
        let mut training = vec![fact("of", name)];
        let model = if rung_kind(&rung.name) == "neural-cache" {
            let sizes = rung.size.unwrap_or_else(|| SIZES.to_vec());
            let thetas = rung.theta.unwrap_or_else(|| THETAS.to_vec());
            let mut go_on = |words| watch.step(Step::Counting(Stage::Scoring(words as u64)));
            let found = NeuralCacheLm::tuned(&net, first(&lines, CACHED), &sizes, &thetas, &mut go_on)?;
            training.extend([
                fact("size", found.size),
                fact("theta", found.theta),
                fact("share", format!("{:.2}", found.share)),
            ]);
            AnyLm::from(NeuralCacheLm::new(*net, found)?)
        } else {
            let window = rung.window.unwrap_or(WINDOW);
            let rates = rung.rate.unwrap_or_else(|| RATES.to_vec());
            let pulls = rung.pull.unwrap_or_else(|| PULLS.to_vec());
            let mut best: Option<(f64, DynamicParams)> = None;
            let mut net: NetLm = *net;
            for &rate in &rates {
                for &pull in &pulls {
                    if rates.len() * pulls.len() == 1 {
                        best = Some((0.0, DynamicParams { rate, pull, window }));
                        continue;
                    }
                    let params = DynamicParams { rate, pull, window };
                    let model = AnyLm::from(DynamicLm::new(net, params)?);
                    let (mut loss, mut words, mut state) = (0.0, 0, gyeol_ngram::ScoresWords::start(&model));
                    for some in first(&lines, LEARNT).chunks(16) {
                        let scored = model.score_by(Protocol::Stream, some, &mut state, self.pool);
                        scored.iter().flatten().for_each(|scored| {
                            loss -= f64::from(scored.log10);
                            words += 1;
                        });
                        if !watch.step(Step::Counting(Stage::Scoring(words))) {
                            return Err(Error::stopped());
                        }
                    }
                    if best.as_ref().is_none_or(|(least, _)| loss < *least) {
                        best = Some((loss, params));
                    }
                    let AnyLm::Dynamic(model) = model else { unreachable!("made a line above") };
                    net = model.into_net();
                }
            }
            let params = best.map(|(_, params)| params);
            let params = params.ok_or_else(|| Error::defect("no rate was tried"))?;
            training.extend([
                fact("learning-rate", params.rate),
                fact("decay", params.pull),
                fact("window", params.window),
            ]);
            AnyLm::from(DynamicLm::new(net, params)?)
        };
        Ok(Fit { training, ..Fit::plain(self.of_net(model), since.elapsed().as_secs_f64()) })
    }
}
