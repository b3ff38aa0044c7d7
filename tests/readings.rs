//! Readings made for tests, for those inside crates and those through the public interface alike.

use gyeol_data::{Clock, Readings, Series};

/// One series of a load, every reading of which was read, with temperatures known up to now or ahead.
pub fn readings(clock: Clock, load: Vec<f64>, past: Vec<Vec<f64>>, known: Vec<Vec<f64>>) -> Readings {
    let rows = load.len();
    let names = |columns: &[Vec<f64>]| columns.iter().map(|_| "temperature".to_owned()).collect();
    Readings {
        step: clock.step,
        zone: None,
        targets: vec!["load".into()],
        past: names(&past),
        known: names(&known),
        series: vec![Series {
            id: None,
            clock,
            rows,
            history: rows,
            observed: vec![vec![true; rows]],
            complete: vec![true; rows],
            published: vec![],
            target: vec![load],
            past,
            known,
        }],
    }
}
