//! Values about zero, a column a step and a row a unit: one colour above, the other below, the stronger the farther.
//!
//! The picture is as wide as its columns need, and scrolls in its frame; the names of the rows stand in a picture of their
//! own beside it, which stays.

use super::Words;
use crate::Language;
use crate::lesson::Tints;
use crate::svg::{Anchor, Svg, text_width};
use crate::text;

/// Height of a row, and of the bars above.
const ROW: f64 = 18.0;
const BARS: f64 = 46.0;
/// The least and the most that a column is wide.
const COLUMN: (f64, f64) = (26.0, 110.0);

/// The names of the rows, the picture, and the key below both.
pub(crate) fn tints(t: &Tints, language: Language) -> [String; 3] {
    let bars = t.bars.as_ref().map_or(0.0, |_| BARS);
    let top = bars + 20.0;
    let height = top + ROW * t.rows.len() as f64 + 2.0;
    let titles = t.rows.iter().map(|(name, _)| name).chain(t.bars.as_ref().map(|bars| &bars.title));
    let room = titles.map(|name| text_width(name, 12.0)).fold(20.0, f64::max) + 10.0;
    let mut names = Svg::new(room, height, "", "");
    if let Some(bars) = &t.bars {
        names.text(room - 8.0, BARS - 3.0, Anchor::End, "tick", &bars.title);
    }
    for (r, (name, _)) in t.rows.iter().enumerate() {
        names.text(room - 8.0, top + ROW * r as f64 + 13.0, Anchor::End, "tick", name);
    }

    let wide = |head: &String| (text_width(head, 12.0) + 10.0).clamp(COLUMN.0, COLUMN.1);
    let widths: Vec<f64> = t.columns.iter().map(wide).collect();
    let words = Words { title: t.title.clone(), description: t.see.clone() };
    let mut svg = Svg::new(widths.iter().sum::<f64>() + 2.0, height, &words.title, &words.description);
    let most = t.bars.iter().flat_map(|bars| &bars.values).filter(|v| v.is_finite());
    let (least, most) = most.fold((0.0f64, f64::MIN_POSITIVE), |(low, high), &v| (low.min(v), high.max(v)));
    let mut x = 1.0;
    for (c, (head, wide)) in t.columns.iter().zip(&widths).enumerate() {
        if let Some(bars) = &t.bars
            && let Some(value) = bars.values.get(c).filter(|v| v.is_finite())
        {
            let tall = ((value - least) / (most - least) * (BARS - 6.0)).max(0.5);
            let hint = format!("{head}: {}", bars.written.get(c).map_or("", String::as_str));
            svg.rect_titled(x + 1.0, BARS - tall, wide - 2.0, tall, "bar", None, &hint);
        }
        let shown = super::shorten(head, wide - 6.0);
        svg.text(x + wide / 2.0, top - 6.0, Anchor::Middle, "tick", &shown);
        for (r, (name, values)) in t.rows.iter().enumerate() {
            let Some(&value) = values.get(c).filter(|v| v.is_finite()) else { continue };
            let hint = format!("{head}, {name}: {}", text::signed(value, 2, language));
            let class = if value < 0.0 { "cell-minus" } else { "cell" };
            let share = (value.abs() / t.full).min(1.0);
            svg.rect_titled(
                x + 0.5,
                top + ROW * r as f64 + 0.5,
                wide - 1.0,
                ROW - 1.0,
                class,
                Some(share),
                &hint,
            );
        }
        x += wide;
    }
    [names.finish(), svg.finish(), key(t, language)]
}

/// From the strongest below zero to the strongest above.
fn key(t: &Tints, language: Language) -> String {
    let below = t.rows.iter().any(|(_, values)| values.iter().any(|v| *v < 0.0));
    let (low, high) = (text::signed(-t.full, 2, language), text::signed(t.full, 2, language));
    let low = if below { low } else { text::number(0.0, 0, language) };
    let (w, left) = (16.0, text_width(&low, 12.0) + 12.0);
    let cells: Vec<i32> = if below { (-5..=5).collect() } else { (0..=5).collect() };
    let right = left + w * cells.len() as f64 + 8.0;
    let mut svg = Svg::new(right + text_width(&high, 12.0) + 6.0, 18.0, "", "");
    svg.text(0.0, 13.0, Anchor::Start, "tick", &low);
    for (i, step) in cells.iter().enumerate() {
        let class = if *step < 0 { "cell-minus" } else { "cell" };
        let share = f64::from(step.abs()) / 5.0;
        svg.rect_titled(left + w * i as f64, 3.0, w, 12.0, class, Some(share), "");
    }
    svg.text(right, 13.0, Anchor::Start, "tick", &high);
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Bars;

    #[test]
    fn both_signs_have_a_colour_and_long_words_a_wide_column() {
        let mut t = Tints {
            title: "Cell state".into(),
            see: "What is kept".into(),
            columns: vec!["a".into(), "<unk> that is very long and longer".into()],
            bars: Some(Bars {
                title: "bits".into(),
                values: vec![f64::NAN, 3.0],
                written: vec![String::new(), "3.0".into()],
            }),
            rows: vec![("12".into(), vec![0.5, -2.0]), ("7".into(), vec![f64::NAN, 0.0])],
            full: 2.0,
            ..Tints::default()
        };
        let [names, picture, key] = tints(&t, Language::English);
        assert!(names.contains(">12<") && names.contains(">bits<"));
        assert_eq!(picture.matches("class=\"cell\"").count(), 2);
        assert_eq!(picture.matches("class=\"cell-minus\"").count(), 1);
        assert_eq!(picture.matches("class=\"bar\"").count(), 1);
        assert!(picture.contains("fill-opacity=\"1.00\"") && picture.contains("fill-opacity=\"0.25\""));
        assert!(picture.contains("width=\"138\"") && !picture.contains("NaN") && !picture.contains("<unk>"));
        assert!(key.contains("+2.00") && key.contains("−2.00"), "{key}");
        t.rows.truncate(1);
        t.rows[0].1[1] = 1.0;
        let [_, _, gates] = tints(&t, Language::Korean);
        assert!(!gates.contains("cell-minus"));
    }
}
