//! A column of dates and one of hours (or times of day, or numbered intervals) become one column of stamps.

use super::columns::Typed;
use super::note;
use crate::table::{ColumnData, Note};

enum Slot {
    /// Seconds from midnight for each row.
    Seconds(Vec<Option<i64>>),
}

/// Joins the first column of bare dates with the column that says when in the day.
pub(super) fn date_and_hour(
    mut columns: Vec<(String, Typed)>,
    notes: &mut Vec<Note>,
) -> Vec<(String, Typed)> {
    let bare = |t: &Typed| matches!(t, Typed::Stamps { timed: false, .. });
    // A complete stamp elsewhere makes joining needless.
    if columns.iter().any(|(_, t)| matches!(t, Typed::Stamps { timed: true, .. })) {
        return columns;
    }
    let Some(date_at) = columns.iter().position(|(_, t)| bare(t)) else { return columns };
    let mut found = None;
    for (i, (name, typed)) in columns.iter().enumerate() {
        if let Some((slot, words)) = slot(name, typed) {
            found = Some((i, slot, words));
            break;
        }
    }
    let Some((slot_at, Slot::Seconds(seconds), words)) = found else { return columns };
    let Typed::Stamps { local, offsets, .. } = &columns[date_at].1 else { return columns };
    let joined = local
        .iter()
        .zip(&seconds)
        .map(|(d, s)| d.zip(*s).and_then(|(d, s)| d.checked_add_signed(chrono::Duration::seconds(s))))
        .collect();
    let joined = Typed::Stamps { local: joined, timed: true, offsets: *offsets };
    let (date_name, slot_name) = (columns[date_at].0.clone(), columns[slot_at].0.clone());
    let taken = columns.iter().enumerate().any(|(i, (n, _))| i != date_at && i != slot_at && n == "time");
    let name = if taken { date_name.clone() } else { "time".to_string() };
    notes.push(note(
        "joined-time",
        Some(&name),
        None,
        seconds.len(),
        format!("'{date_name}' and '{slot_name}' were joined into '{name}'; {words}"),
    ));
    columns[date_at] = (name, joined);
    columns.remove(slot_at);
    columns
}

fn slot(name: &str, typed: &Typed) -> Option<(Slot, String)> {
    match typed {
        Typed::TimeOfDay(seconds) => {
            Some((Slot::Seconds(seconds.clone()), "times of day were added to the dates".to_string()))
        }
        Typed::Plain(ColumnData::Integer(values)) => {
            let key: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
            let hours = [
                "hour",
                "hr",
                "he",
                "hourending",
                "stunde",
                "heure",
                "시간",
                "시",
                "시각",
                "hours",
                "hourofday",
            ];
            let periods =
                ["period", "interval", "sp", "settlementperiod", "quarter", "viertelstunde", "slot"];
            let low = values.iter().flatten().copied().min()?;
            let high = values.iter().flatten().copied().max()?;
            if hours.contains(&key.as_str()) {
                // Hours 1..24 are named by their end: hour 1 of a date begins at 00:00.
                if low >= 1 && high == 24 {
                    let s = values.iter().map(|h| h.map(|h| (h - 1) * 3600)).collect();
                    return Some((
                        Slot::Seconds(s),
                        "hours 1 to 24 are hours ending: hour 1 is stamped 00:00, its beginning".to_string(),
                    ));
                }
                if low >= 0 && high <= 23 {
                    let s = values.iter().map(|h| h.map(|h| h * 3600)).collect();
                    let unsure = if low > 0 { " (no hour 0 and no hour 24 was seen)" } else { "" };
                    return Some((
                        Slot::Seconds(s),
                        format!("hours 0 to 23 are taken as they stand{unsure}"),
                    ));
                }
            }
            if periods.contains(&key.as_str()) && low == 1 && matches!(high, 24 | 48 | 96 | 288) {
                let step = 86_400 / high;
                let s = values.iter().map(|p| p.map(|p| (p - 1) * step)).collect();
                return Some((
                    Slot::Seconds(s),
                    format!("intervals 1 to {high} are stamped by their beginning"),
                ));
            }
            None
        }
        _ => None,
    }
}
