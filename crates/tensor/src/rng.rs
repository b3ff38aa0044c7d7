//! Random numbers: xoshiro256++ (Blackman and Vigna 2019) seeded by splitmix64, the same on every machine.

use crate::Real;

/// A generator; equal seeds and streams give equal numbers everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng {
    state: [u64; 4],
}

fn splitmix(x: &mut u64) -> u64 {
    *x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *x;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Rng {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Rng::stream(seed, 0)
    }

    /// Stream number `stream` of a seed: independent of the other streams of the same seed, so that chunk `c`
    /// of step `s` draws the same dropout mask whichever thread runs it.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let mut x = seed;
        let a = splitmix(&mut x);
        let mut y = a ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        Rng { state: [splitmix(&mut y), splitmix(&mut y), splitmix(&mut y), splitmix(&mut y)] }
    }

    /// The state, for checkpoints.
    pub fn state(&self) -> [u64; 4] {
        self.state
    }

    /// A generator that goes on from a saved state.
    pub fn from_state(state: [u64; 4]) -> Self {
        Rng { state }
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform in [0, 1) with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform integer in `0..n` without bias (Lemire 2019); 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        let mut m = (self.next_u64() as u128) * (n as u128);
        if (m as u64) < n {
            let threshold = n.wrapping_neg() % n;
            while (m as u64) < threshold {
                m = (self.next_u64() as u128) * (n as u128);
            }
        }
        (m >> 64) as u64
    }

    /// Standard normal (Box and Muller's polar form by Marsaglia; the second value is thrown away so that the
    /// state alone describes the generator).
    pub fn normal(&mut self) -> f64 {
        loop {
            let u = 2.0 * self.uniform() - 1.0;
            let v = 2.0 * self.uniform() - 1.0;
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * s.ln() / s).sqrt();
            }
        }
    }

    /// Fills with uniform numbers in `[-bound, bound)`.
    pub fn fill_uniform<T: Real>(&mut self, values: &mut [T], bound: f64) {
        for v in values {
            *v = T::from_f64((2.0 * self.uniform() - 1.0) * bound);
        }
    }

    /// Fills with an inverted dropout mask: 0 with probability `p`, else 1 / (1 - p).
    pub fn fill_dropout<T: Real>(&mut self, values: &mut [T], p: f64) {
        let keep = T::from_f64(1.0 / (1.0 - p));
        // 32 bits a draw are enough for a mask and halve its cost.
        let threshold = (p * 4_294_967_296.0) as u64;
        for pair in values.chunks_mut(2) {
            let bits = self.next_u64();
            for (i, v) in pair.iter_mut().enumerate() {
                *v = if (bits >> (32 * i)) & 0xffff_ffff < threshold { T::ZERO } else { keep };
            }
        }
    }

    /// Shuffles in place (Fisher and Yates).
    pub fn shuffle<E>(&mut self, values: &mut [E]) {
        for i in (1..values.len()).rev() {
            values.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut r = Rng::new(7);
        let n = 200_000;
        let (mut m, mut v, mut u) = (0.0, 0.0, 0.0);
        for _ in 0..n {
            let x = r.normal();
            m += x;
            v += x * x;
            u += r.uniform();
        }
        let n = n as f64;
        // Standard errors: 1/sqrt(n) = 0.0022, sqrt(2/n) = 0.0032, sqrt(1/12n) = 0.00065; five of each.
        assert!((m / n).abs() < 0.011 && (v / n - 1.0).abs() < 0.016 && (u / n - 0.5).abs() < 0.0033);
    }

    #[test]
    fn reference_numbers_of_splitmix64() {
        // First outputs of splitmix64 for seed 1234567, as printed in the Rosetta Code task of that name.
        let mut x = 1234567;
        assert_eq!(splitmix(&mut x), 6457827717110365317);
        assert_eq!(splitmix(&mut x), 3203168211198807973);
    }

    #[test]
    fn below_is_uniform_and_bounded() {
        let mut r = Rng::new(1);
        let mut counts = [0u32; 6];
        for _ in 0..60_000 {
            counts[r.below(6) as usize] += 1;
        }
        assert!(counts.iter().all(|&c| (9_500..10_500).contains(&c)), "{counts:?}");
    }

    #[test]
    fn dropout_keeps_the_expectation() {
        let mut m = vec![0f32; 100_000];
        Rng::new(3).fill_dropout(&mut m, 0.3);
        let mean = m.iter().map(|&x| x as f64).sum::<f64>() / m.len() as f64;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        assert!(m.iter().all(|&x| x == 0.0 || (x - 1.0 / 0.7).abs() < 1e-6));
    }
}
