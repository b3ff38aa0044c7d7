//! Lessons hold the numbers of the fast layers and optimizers, of difference quotients, and of closed formulas.

use gyeol_neural::textbook::shown::{BackpropLesson, Method, ShapesParams, depths, dying};
use gyeol_neural::{Activation, Cell, Dense, Layout, Recurrent, Softmax};
use gyeol_tensor::Write;

fn near(found: &[f64], want: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), want.len(), "{what}");
    for (f, w) in found.iter().zip(want) {
        assert!((f - w).abs() <= tolerance * w.abs().max(1.0), "{what}: {f} where {w} is wanted");
    }
}

/// The mean gradient of some rows by the fast layers, at parameters W₁, b₁, W₂, b₂.
fn fast(lesson: &BackpropLesson, params: &[f64], at: &[usize]) -> Vec<f64> {
    let mut layout = Layout::new();
    let (i, h, o) = (lesson.rows[0].len(), lesson.before[0].b.len(), lesson.targets[0].len());
    let layers = [
        Dense::new(&mut layout, "a", i, h, Activation::Sigmoid),
        Dense::new(&mut layout, "b", h, o, Activation::Sigmoid),
    ];
    let n = at.len();
    let x: Vec<f64> = at.iter().flat_map(|&row| lesson.rows[row].clone()).collect();
    let t: Vec<f64> = at.iter().flat_map(|&row| lesson.targets[row].clone()).collect();
    let (mut y1, mut y2, mut gradient) = (vec![0.0; n * h], vec![0.0; n * o], vec![0.0; layout.len()]);
    let mut packed = [layers[0].packed(), layers[1].packed()];
    layers.iter().zip(&mut packed).for_each(|(layer, packed)| layer.pack(params, packed));
    layers[0].forward(params, &packed[0], &x, &mut y1);
    layers[1].forward(params, &packed[1], &y1, &mut y2);
    let mut d2: Vec<f64> = y2.iter().zip(&t).map(|(y, t)| (y - t) / n as f64).collect();
    let mut d1 = vec![0.0; n * h];
    layers[1].backward(&packed[1], &y1, &y2, &mut d2, Some(&mut d1), &mut gradient, Write::Set);
    layers[0].backward(&packed[0], &x, &y1, &mut d1, None, &mut gradient, Write::Set);
    gradient
}

fn flat(net: &[gyeol_neural::textbook::shown::Weights]) -> Vec<f64> {
    net.iter().flat_map(|layer| [layer.w.concat(), layer.b.clone()].concat()).collect()
}

#[test]
fn every_derivative_is_that_of_the_fast_layers_and_of_differences() {
    for lesson in [
        BackpropLesson::example(3).unwrap(),
        BackpropLesson::of_classes(&[vec![3.0, 1.0, 7.0], vec![1.0, 1.0, 9.0]], &[1.0, 0.0], 2, 5, 3, 4)
            .unwrap(),
    ] {
        let start = flat(&lesson.before);
        let gradient: Vec<f64> = lesson
            .walk
            .iter()
            .flat_map(|at| [at.gradient.w.concat(), at.gradient.b.clone()].concat())
            .collect();
        near(&gradient, &fast(&lesson, &start, &[0]), 1e-14, "gradient of the first row");
        assert!(lesson.largest_difference < 1e-9, "{}", lesson.largest_difference);
        let stepped: Vec<f64> = start.iter().zip(&gradient).map(|(p, g)| p - lesson.rate * g).collect();
        near(&flat(&lesson.after), &stepped, 1e-15, "after the step");
        // The chain: what leaves a layer backward enters the one before.
        near(&lesson.walk[0].d_y, &lesson.walk[1].d_x, 0.0, "∂L/∂y of the first layer");
        near(&lesson.walk[1].x, &lesson.walk[0].y, 0.0, "y of the first layer");
        let out: Vec<f64> = lesson.walk[1].y.iter().zip(&lesson.targets[0]).map(|(y, t)| y - t).collect();
        near(&lesson.walk[1].d_y, &out, 0.0, "y - t");
    }
}

#[test]
fn first_steps_are_those_of_closed_formulas() {
    let lesson = BackpropLesson::example(20).unwrap();
    let start = flat(&lesson.before);
    let g = fast(&lesson, &start, &(0..8).collect::<Vec<_>>());
    for way in &lesson.methods {
        let Method { name, rate, rows, .. } = way.method;
        let step = |of: fn(f64) -> f64| -> Vec<f64> {
            start.iter().zip(&g).map(|(p, &g)| p - rate * of(g)).collect()
        };
        let want = match name {
            "batch" | "momentum" => step(|g| g),
            // v = g; the step is g + μ v.
            "nesterov" => step(|g| g + 0.9 * g),
            "adagrad" => step(|g| g / (g.abs() + 1e-8)),
            "rmsprop" => step(|g| g / ((0.1 * g * g).sqrt() + 1e-8)),
            // Both means are corrected to g and g².
            "adam" => step(|g| g / (g.abs() + 1e-8)),
            // One of the rows, or half of them.
            "stochastic" => {
                let each = (0..8).map(|row| fast(&lesson, &start, &[row]));
                let off = |g: Vec<f64>| -> f64 {
                    start.iter().zip(&way.after_one).zip(&g).map(|((p, a), g)| (p - rate * g - a).abs()).sum()
                };
                assert!(each.map(off).any(|off| off < 1e-12), "no row's step");
                continue;
            }
            _ => {
                assert_eq!((name, rows), ("mini-batch", Some(4)));
                continue;
            }
        };
        near(&way.after_one, &want, 1e-9, name);
        assert_eq!(way.losses[0], lesson.methods[0].losses[0]);
        assert!(way.losses[20] < way.losses[0], "{name}: {:?}", way.losses);
    }
}

#[test]
fn shapes_count_the_parameters_of_real_layers_and_their_products_fit() {
    for cell in [None, Some(Cell::Rnn), Some(Cell::Gru), Some(Cell::Lstm)] {
        let params = ShapesParams { layers: vec![5, 7, 6, 3], batch: 4, cell, steps: 9, rows: Some(10) };
        let lesson = params.lesson().unwrap();
        let mut layout = Layout::new();
        for (i, pair) in params.layers.windows(2).enumerate() {
            match cell.filter(|_| i < 2) {
                Some(cell) => drop(Recurrent::new(&mut layout, &i.to_string(), cell, pair[0], pair[1])),
                None => drop(Dense::new(&mut layout, &i.to_string(), pair[0], pair[1], Activation::Tanh)),
            }
        }
        assert_eq!(lesson.parameters, layout.len(), "{cell:?}");
        assert_eq!(lesson.epoch, Some([3, 2]));
        for product in lesson.layers.iter().flat_map(|layer| layer.forward.iter().chain(&layer.backward)) {
            let (l, r, o) = (&product.left.shape, &product.right.shape, &product.out.shape);
            assert!(l[1] == r[0] && o[..] == [l[0], r[1]], "{product}");
        }
        // A gradient is shaped like what it is the gradient of.
        for layer in &lesson.layers {
            for w in layer.weights.iter().filter(|w| w.shape.len() == 2) {
                let d = layer.backward.iter().find(|p| p.out.name == format!("d{}", w.name)).unwrap();
                assert_eq!(d.out.shape, w.shape);
            }
        }
    }
    let mut layout = Layout::new();
    let softmax = Softmax::new(&mut layout, "o", 8, 3);
    let lesson = ShapesParams { layers: vec![8, 3], ..ShapesParams::default() }.lesson().unwrap();
    assert_eq!(lesson.parameters, softmax.parameters());
    for bad in [vec![4], vec![4, 0], vec![4, 2_000_000], vec![1; 65]] {
        assert!(ShapesParams { layers: bad, ..ShapesParams::default() }.lesson().is_err());
    }
    assert!(ShapesParams { batch: 0, ..ShapesParams::default() }.lesson().is_err());
}

#[test]
fn sigmoids_lose_the_gradient_and_rectifiers_keep_it() {
    for seed in 0..5 {
        let nets = depths(seed);
        let of = |name: &str| nets.iter().find(|net| net.curve == name).unwrap();
        assert!(of("sigmoid").first_by_last < 1e-4, "{seed}");
        assert!(of("sigmoid").layers.iter().all(|layer| layer.slope <= 0.25 && layer.zeros == 0.0));
        assert!(of("relu").first_by_last > 1e-2 && of("tanh").first_by_last > 1e-2, "{seed}");
        assert!(of("relu").layers.iter().all(|layer| (layer.slope - (1.0 - layer.zeros)).abs() < 1e-12));
        assert_eq!(nets, depths(seed));
    }
}

#[test]
fn a_dead_unit_has_no_gradient_and_a_leaky_one_comes_back() {
    let units = dying(150);
    let dead = &units[0].steps[1..];
    assert!(dead.iter().all(|s| s.active == 0 && s.d_w == 0.0 && s.d_b == 0.0 && s.loss == dead[0].loss));
    let leaky = units[2].steps.last().unwrap();
    assert!(units[2].steps[1].active == 0 && leaky.active == 8 && leaky.loss < 1e-6);
    near(
        &[units[0].steps[1].w, units[0].steps[1].b],
        &[3.0 - 0.7 * 4.3125, 1.0 - 0.7 * 3.25],
        1e-14,
        "the step that kills",
    );
}

#[test]
fn tables_that_cannot_be_shown_are_refused() {
    let of = |x: Vec<Vec<f64>>, y: Vec<f64>, classes, hidden| {
        BackpropLesson::of_classes(&x, &y, classes, hidden, 2, 0)
    };
    assert!(of(vec![], vec![], 2, 2).is_err());
    assert!(of(vec![vec![1.0], vec![1.0, 2.0]], vec![0.0, 1.0], 2, 2).is_err());
    assert!(of(vec![vec![1.0]; 2], vec![0.0, 3.0], 2, 2).is_err());
    assert!(of(vec![vec![1.0]; 2], vec![0.0, 1.0], 2, 17).is_err());
    assert!(of(vec![vec![1.0; 17]; 2], vec![0.0, 1.0], 2, 2).is_err());
    assert!(of(vec![vec![1.0], vec![2.0], vec![f64::NAN]], vec![0.0, 1.0, 0.0], 2, 2).is_err());
    let constant = of(vec![vec![4.0]; 3], vec![0.0, 1.0, 0.0], 2, 2).unwrap();
    assert!(constant.methods.iter().all(|way| way.losses.iter().all(|loss| loss.is_finite())));
}
