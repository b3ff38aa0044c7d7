//! What a forecast is made of, term by term, in the target's unit.
//!
//! Terms are told against what they are on average over the rows learnt from, so that the level is the average reading. Where the
//! response is that of a logarithm, ŷ - level = Σ_k L(ŷ, level) d_k with the logarithmic mean L(a, b) = (a - b) / (ln a - ln b) and
//! d_k the terms of the logarithm: an exact sum, the same whichever term comes first (Ang 2004, "LMDI").

use super::{ResponseModel, Stand, Term};
use crate::prepare::Prepared;
use crate::terms::{Part, Terms};
use crate::windows::Window;

impl ResponseModel {
    /// The terms of a window's forecast.
    pub(crate) fn terms(&self, p: &Prepared, w: &Window) -> Terms {
        let horizon = p.spec.horizon;
        let (series, channel, origin) = (w.series as usize, w.channel as usize, w.origin as usize);
        let s = &p.series[series];
        // Terms are told of fitted series alone.
        let fit = self.place(s).unwrap_or(0);
        let model = &self.targets[channel];
        let ahead = self.ahead(p, &[*w], Some(fit));
        let value = model.forecast_on(p, &[*w], &Stand::Only(&model.fits[fit]), ahead.as_ref());
        let known = ahead.as_ref().map(|ahead| (ahead, 0));
        let weather = model.known(p, w, known, origin..origin + horizon);
        let blocks = model.design.blocks();
        let (weights, centres) = (&model.fits[fit].weights, &model.centres[fit]);
        let mean = model.fits[fit].bias[0] + centres.iter().sum::<f64>();
        let level = model.signal.undone(p, series, mean, model.log);
        let mut parts: Vec<(Part, Vec<f64>)> = Vec::new();
        let mut put = |part: Part, ahead: usize, value: f64| {
            let at = parts.iter().position(|(known, _)| *known == part).unwrap_or_else(|| {
                parts.push((part, vec![0.0; horizon]));
                parts.len() - 1
            });
            parts[at].1[ahead] += value;
        };
        let mut x = Vec::new();
        for (j, &value) in value.iter().enumerate() {
            model.design.write(p, s, origin + j, &weather, &mut x);
            // From the response's units to the target's.
            let unit = match model.log {
                false => s.scalers[channel].scale,
                true if (value - level).abs() < 1e-9 * level.abs() => level,
                true => (value - level) / (value / level).ln(),
            };
            let (mut first, mut sum) = (0, 0.0);
            let mut at = x.iter().peekable();
            for ((term, width), centre) in blocks.iter().zip(centres) {
                let mut own = -centre;
                while let Some(&&(column, v)) =
                    at.peek().filter(|(column, _)| (*column as usize) < first + width)
                {
                    own += v * weights[column as usize];
                    at.next();
                }
                first += width;
                sum += own;
                if *width > 0 {
                    put(self.part(p, term), j, own * unit);
                }
            }
            let all = match model.log {
                false => (value - level) / unit,
                true => (value / level).ln(),
            };
            put(Part::Carried, j, (all - sum) * unit);
        }
        Terms { level: vec![level; horizon], parts }
    }

    fn part(&self, p: &Prepared, term: &Term) -> Part {
        match term {
            Term::Calendar => Part::Calendar,
            Term::Holidays => Part::Holidays,
            Term::Year => Part::Year,
            Term::Trend => Part::Trend,
            Term::Covariate(column) => Part::Column(
                p.spec.past.iter().chain(&p.spec.known).nth(*column).cloned().unwrap_or_default(),
            ),
        }
    }
}
