//! What goes into a net and what comes out, one or many of each, in five small tasks:
//!
//! | arrangement | task | net |
//! |---|---|---|
//! | one-to-one | the segments lit on a display → their digit | `Mlp` |
//! | one-to-many | the segments → the digit's name, letter by letter | `EncoderDecoder` from numbers |
//! | many-to-one | numbers → the largest of them | `Net` that reads the last step |
//! | many-to-many, aligned | numbers → the largest so far, at each | `Net` that reads every step |
//! | many-to-many, not aligned | a string of digits → the string backwards | `EncoderDecoder` from tokens |
//!
//! `cargo run --release -p gyeol --example arrangements`

use gyeol::neural::net::{
    EncoderDecoder, EncoderDecoderParams, Input, Learner, Mlp, MlpParams, Net, NetParams, Output,
    PairsLearner, Predictor, Reads, Rows, Series, Source,
};
use gyeol::neural::{Activation, Cell, Loss, Optimizer, Schedule, StackParams, TrainParams, Trainable, fit};
use gyeol::tensor::{Pool, Rng};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Segments lit for 0 to 9, from the top clockwise, the middle last.
const SEGMENTS: [&str; 10] = [
    "1111110", "0110000", "1101101", "1111001", "0110011", "1011011", "1011111", "1110000", "1111111",
    "1111011",
];
const NAMES: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// (10, 7).
fn segments() -> Vec<f32> {
    SEGMENTS.iter().flat_map(|s| s.bytes().map(|b| f32::from(b - b'0'))).collect()
}

fn train<M: Trainable<f32>>(
    model: &M,
    samples: u32,
    epochs: usize,
    batch: usize,
    rate: f64,
) -> Result<Vec<f32>> {
    let all: Vec<u32> = (0..samples).collect();
    // Small tasks have all their cases to learn from; the others keep a tenth for validation.
    let (valid, train) =
        if samples > 10 { all.split_at(samples as usize / 10) } else { (&all[..], &all[..]) };
    let params = TrainParams {
        seed: 1,
        clip: Some(1.0),
        schedule: Schedule::OneCycle,
        ..TrainParams::new(epochs, batch, Optimizer::adam(), rate)
    };
    Ok(fit(model, &params, train, valid, &Pool::new(2), None, &mut |_| true)?.best)
}

/// The digit that the net sees in each of the ten pictures.
fn one_to_one() -> Result<Vec<u32>> {
    let net = Mlp::new(&MlpParams {
        input: 7,
        hidden: vec![16],
        activation: Activation::Relu,
        dropout: 0.0,
        output: Output::Classes { classes: 10 },
    })?;
    let rows = Rows { width: 7, x: segments(), values: Vec::new(), classes: (0..10).collect() };
    let params = train(&rows.learner(&net)?, 10, 200, 10, 0.05)?;
    let (mut packed, mut tape) = (net.packed(), net.tape(10));
    net.pack(&params, &mut packed);
    let likeliest = |row: &[f32]| (0..10).max_by(|&a, &b| row[a].total_cmp(&row[b])).map_or(0, |d| d as u32);
    Ok(net.outputs(&params, &packed, &rows.x, &mut tape).chunks(10).map(likeliest).collect())
}

/// The name that the net writes for each of the ten pictures.
fn one_to_many() -> Result<Vec<String>> {
    let net = EncoderDecoder::new(&EncoderDecoderParams {
        source: Source::Numbers { width: 7 },
        target: 26,
        embedding: 8,
        cell: Cell::Lstm,
        hidden: 32,
        layers: 1,
        dropout: 0.0,
        bidirectional: false,
        attention: None,
    })?;
    let x = segments();
    let names: Vec<Vec<u32>> =
        NAMES.iter().map(|n| n.bytes().map(|b| u32::from(b - b'a')).collect()).collect();
    let params = train(&PairsLearner::of_numbers(&net, &x, &names)?, 10, 150, 10, 0.02)?;
    let name = |row: &[f32]| {
        let letters = net.decode_numbers(&params, row, 10)?;
        Ok(letters.iter().map(|&l| char::from(b'a' + l as u8)).collect())
    };
    x.chunks(7).map(name).collect()
}

const STEPS: usize = 8;

/// Root mean square error of the largest number (`Reads::Last`), or of the largest so far at each step, on new numbers;
/// and one case: the numbers, and what the net says.
fn largest(reads: Reads) -> Result<(f32, Vec<f32>, Vec<f32>)> {
    let every = reads == Reads::Every;
    let net = Net::new(&NetParams {
        input: Input::Numbers,
        stack: StackParams::new(Cell::Gru, 1, 24),
        dropout: 0.0,
        reads,
        projection: None,
        output: Output::Values { width: 1, activation: Activation::Linear, loss: Loss::Mse },
        tied: false,
    })?;
    let draw = |samples: usize, seed: u64| {
        let mut rng = Rng::new(seed);
        let x: Vec<f32> = (0..samples * STEPS).map(|_| rng.uniform() as f32).collect();
        let so_far = x.chunks(STEPS).flat_map(|row| {
            let all = row.iter().scan(0f32, |most, &v| {
                *most = most.max(v);
                Some(*most)
            });
            all.skip(if every { 0 } else { STEPS - 1 }).collect::<Vec<_>>()
        });
        let values = so_far.collect();
        Series { steps: STEPS, width: 1, x, values, classes: Vec::new(), every }
    };
    let (learnt, new) = (draw(1000, 1), draw(100, 2));
    learnt.check(&net)?;
    let params = train(&Learner { net: &net, samples: &learnt }, 1000, 30, 20, 0.01)?;
    let mut said = vec![0.0; new.values.len()];
    Predictor::new(net, params, STEPS, 2)?.series(&new.x, STEPS, &mut said, &Pool::new(2))?;
    let squares = said.iter().zip(&new.values).map(|(a, b)| (a - b) * (a - b));
    let rmse = (squares.sum::<f32>() / said.len() as f32).sqrt();
    said.truncate(if every { STEPS } else { 1 });
    Ok((rmse, new.x[..STEPS].to_vec(), said))
}

/// New strings of digits and what the net makes of them.
fn reversed() -> Result<Vec<(Vec<u32>, Vec<u32>)>> {
    let net = EncoderDecoder::new(&EncoderDecoderParams {
        source: Source::Tokens { vocabulary: 10 },
        target: 10,
        embedding: 16,
        cell: Cell::Gru,
        hidden: 64,
        layers: 1,
        dropout: 0.0,
        bidirectional: false,
        attention: None,
    })?;
    let draw = |samples: usize, seed: u64| -> Vec<Vec<u32>> {
        let mut rng = Rng::new(seed);
        let string = |_| (0..3 + rng.below(4)).map(|_| rng.below(10) as u32).collect();
        (0..samples).map(string).collect()
    };
    let (mut strings, new) = (draw(6000, 1), draw(100, 2));
    strings.retain(|s| !new.contains(s));
    let backwards: Vec<Vec<u32>> = strings.iter().map(|s| s.iter().rev().copied().collect()).collect();
    let params = train(&PairsLearner::new(&net, &strings, &backwards)?, strings.len() as u32, 20, 32, 0.01)?;
    new.into_iter().map(|s| Ok((s.clone(), net.decode(&params, &s, 10)?))).collect()
}

fn right(strings: &[(Vec<u32>, Vec<u32>)]) -> usize {
    strings.iter().filter(|(s, said)| s.iter().rev().eq(said)).count()
}

fn main() -> Result<()> {
    println!("one-to-one, segments to a digit:     {:?}", one_to_one()?);
    println!("one-to-many, segments to a name:     {}", one_to_many()?.join(" "));
    let (rmse, x, said) = largest(Reads::Last)?;
    println!("many-to-one, the largest of numbers: {x:.2?} → {said:.2?}, error {rmse:.3}");
    let (rmse, x, said) = largest(Reads::Every)?;
    println!("many-to-many, the largest so far:    {x:.2?} → {said:.2?}, error {rmse:.3}");
    let strings = reversed()?;
    println!("many-to-many, digits backwards:      {} of 100 new strings right", right(&strings));
    for (string, said) in &strings[..5] {
        println!("    {string:?} → {said:?}");
    }
    Ok(())
}

#[test]
fn one_number_or_many_come_of_one() -> Result<()> {
    assert_eq!(one_to_one()?, (0..10).collect::<Vec<u32>>());
    assert_eq!(one_to_many()?, NAMES);
    Ok(())
}

#[test]
fn the_largest_is_found_and_followed() -> Result<()> {
    for reads in [Reads::Last, Reads::Every] {
        let (rmse, ..) = largest(reads)?;
        // The standard deviation of the largest of eight uniform numbers is 0.099.
        assert!(rmse < 0.05, "{reads:?}: {rmse}");
    }
    Ok(())
}

#[test]
fn strings_are_said_backwards() -> Result<()> {
    let strings = reversed()?;
    assert!(right(&strings) >= 80, "{} of 100", right(&strings));
    Ok(())
}
