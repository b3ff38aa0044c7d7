//! Looking at a table and writing the recipe that fits it.

use std::collections::BTreeMap;

use gyeol_data::clock::show;
use gyeol_data::{Profile, Role, Roles, Step, Table};

use super::model::*;
use super::writer::{self, Comments};

impl Recipe {
    /// The recipe that fits a table, with every key explained. `file` is how the recipe names the readings.
    ///
    /// Look-back and horizon come from the clock (a week and a day for hours, eight weeks and a week for days …) and are
    /// bounded by the length of the middle one of the series; the split lies at New Year where there are years enough, else at shares.
    pub fn init(table: &Table, roles: &Roles, profile: &Profile, file: &str) -> String {
        Recipe::fitting(table, roles, profile, file).commented(roles, profile)
    }

    /// A recipe made by [`Recipe::fitting`], with every key explained.
    pub fn commented(&self, roles: &Roles, profile: &Profile) -> String {
        writer::write(self, &super::keys::forecast::SCHEMA, &comments(self, roles, profile))
    }

    /// The same recipe as plain values.
    pub fn fitting(table: &Table, roles: &Roles, profile: &Profile, file: &str) -> Recipe {
        let names = |role: Role| roles.with_role(role).into_iter().map(str::to_owned).collect::<Vec<_>>();
        let some = |names: Vec<String>| if names.is_empty() { None } else { Some(names) };
        let targets = names(Role::Target);
        let unit = profile
            .columns
            .iter()
            .find(|column| targets.first() == Some(&column.name))
            .and_then(|c| c.unit.clone());
        let mut ignored = names(Role::Ignored);
        ignored.extend(names(Role::Label));
        ignored.extend(names(Role::Text));
        let parents = roles.id().map(|id| {
            let candidates: Vec<&str> = ignored.iter().map(String::as_str).collect();
            gyeol_data::Hierarchy::proposed(table, id, &candidates).unwrap_or_default()
        });
        let parents = parents.filter(|parents| !parents.is_empty());
        ignored.retain(|name| !parents.iter().flatten().any(|parent| parent == name));

        let (mut past, mut known) = (names(Role::Past), names(Role::Known));
        if roles.time().is_none() {
            // Without a clock nothing tells that a column is known ahead, and assuming it would flatter every score.
            past.append(&mut known);
        }
        // The middle one of several: a meter that came late, or went early, shortens nothing for the others.
        let mut lengths: Vec<usize> = profile.series.iter().map(|series| series.rows).collect();
        lengths.sort_unstable();
        let rows = lengths.get(lengths.len() / 2).copied().unwrap_or_else(|| table.rows());
        let step = step_of(profile);
        let split = split(profile, step);
        let seasons = if step == Step::Rows { periods(profile, targets.first(), rows) } else { Vec::new() };
        let (look_back, horizon) = match seasons.as_slice() {
            [] => window(step, rows),
            found => bounded(window_of_seasons(found), rows),
        };
        let mut recipe = Recipe::default_power();
        recipe.name = None;
        recipe.data = DataRecipe {
            file: file.to_owned(),
            query: None,
            zone: profile.clock.as_ref().and_then(|clock| clock.zone.clone()).filter(|zone| zone != "UTC"),
            delimiter: None,
            decimal_comma: None,
            encoding: None,
            date_format: None,
            header: None,
            skip: None,
            reshape: None,
        };
        recipe.columns = ColumnsRecipe {
            time: roles.time().map(str::to_owned),
            targets: some(targets),
            past: some(past),
            known: some(known),
            id: roles.id().map(str::to_owned),
            parents,
            total_id: None,
            ignored,
            unit,
        };
        recipe.clean = gyeol_data::clean::propose(table, roles, profile);
        let targets = recipe.columns.targets.as_ref().map_or(1, Vec::len);
        let stride =
            (table.rows() * targets).saturating_mul(look_back).div_ceil(EPOCH_ROWS).clamp(1, horizon);
        recipe.split = split;
        recipe.forecast = ForecastRecipe {
            look_back,
            horizon,
            seasons: Some(seasons).filter(|s| !s.is_empty()),
            stride,
            ..recipe.forecast
        };
        recipe.calendar = CalendarRecipe {
            features: step != Step::Rows,
            holidays: None,
            bridging: true,
            latitude: None,
            longitude: None,
        };
        recipe
    }
}

/// Rows (windows times targets times look-back) up to which every origin is learnt from; beyond that origins are
/// taken farther apart, since neighbouring windows tell nearly the same and an epoch should stay below a minute.
const EPOCH_ROWS: usize = 10_000_000;

/// The step of the clock; rows where there is none.
fn step_of(profile: &Profile) -> Step {
    let label = profile.clock.as_ref().and_then(|clock| clock.step.as_deref());
    label.and_then(|label| Step::parse(label).ok()).unwrap_or(Step::Rows)
}

/// Look-back and horizon that fit a step, bounded so that a validation part of 15 % still holds a few windows.
pub(crate) fn window(step: Step, rows: usize) -> (usize, usize) {
    const DAY: i64 = gyeol_data::clock::DAY_MS;
    let (look_back, horizon) = match step {
        Step::Rows => (96, 24),
        Step::Months(months) if months < 12 && 12 % months == 0 => {
            let year = (12 / months) as usize;
            (2 * year, year)
        }
        Step::Months(_) => (10, 1),
        Step::Millis(ms) if ms >= 7 * DAY => (104, 4),
        Step::Millis(ms) if ms >= DAY => (56, 7),
        Step::Millis(_) => match step.per_day() {
            Some(day) if day <= 144 => (7 * day, day),
            // Finer than ten minutes: a week is too long for a net, and an hour ahead is what such meters are read for.
            Some(day) => (day.min(720), (day / 24).max(1)),
            None => (96, 24),
        },
    };
    bounded((look_back, horizon), rows)
}

fn bounded((look_back, horizon): (usize, usize), rows: usize) -> (usize, usize) {
    (look_back.min(rows / 4).max(1), horizon.min(rows / 12).max(1))
}

/// Rows after which readings without a clock repeat: a period and seven of it where both were found, as of days and
/// weeks; else the shortest period about as strong as the strongest.
fn periods(profile: &Profile, target: Option<&String>, rows: usize) -> Vec<usize> {
    /// Correlation with the readings a period before, below which nothing is said to repeat.
    const CLEAR: f64 = 0.3;
    let column = profile.columns.iter().find(|column| Some(&column.name) == target);
    let Some(numbers) = column.and_then(|column| column.numbers.as_ref()) else { return Vec::new() };
    let mut found: Vec<(usize, f64)> = numbers
        .periods
        .iter()
        .filter(|p| p.strength >= CLEAR && (2..=rows / 4).contains(&p.rows))
        .map(|p| (p.rows, p.strength))
        .collect();
    found.sort_unstable_by_key(|(rows, _)| *rows);
    let with_week =
        found.iter().map(|(day, _)| *day).find(|day| found.iter().any(|(rows, _)| *rows == 7 * day));
    if let Some(day) = with_week {
        return vec![day, 7 * day];
    }
    let strongest = found.iter().map(|(_, strength)| *strength).fold(0.0, f64::max);
    found
        .iter()
        .find(|(_, strength)| *strength >= 0.9 * strongest)
        .map(|(rows, _)| *rows)
        .into_iter()
        .collect()
}

/// Look-back and horizon for readings that repeat after the shortest of these rows.
fn window_of_seasons(seasons: &[usize]) -> (usize, usize) {
    match *seasons {
        [day] if day < 24 => (2 * day, day),
        [day] => (4 * day, day),
        [day, week, ..] => (week, day),
        [] => (96, 24),
    }
}

/// The last whole year judges and the one before chooses where that leaves a year or more to train on; else shares.
fn split(profile: &Profile, step: Step) -> SplitRecipe {
    let shares = SplitRecipe {
        by: SplitBy::Shares,
        train_from: None,
        valid_from: None,
        test_from: None,
        end: None,
        train: Some(0.7),
        valid: Some(0.15),
        test: Some(0.15),
    };
    let long_step = step.approximate_ms().is_none_or(|ms| ms > gyeol_data::clock::DAY_MS);
    let Some((from, to)) = profile.clock.as_ref().and_then(|clock| Some((clock.from?, clock.to?))) else {
        return shares;
    };
    let zone = profile.clock.as_ref().and_then(|clock| gyeol_data::clock::zone(clock.zone.as_deref()?).ok());
    // The last twelve months judge, the twelve before choose, the rest (a year at least, but for ten days) is learnt from:
    // every part then holds whole years.
    const SLACK: i64 = 10 * gyeol_data::clock::DAY_MS;
    let date = |ms: i64| show(ms, zone).get(..10).and_then(|date| date.parse::<chrono::NaiveDate>().ok());
    let after = to.saturating_add(step.approximate_ms().unwrap_or(0));
    let (Some(first), Some(end)) = (date(from - SLACK), date(after)) else { return shares };
    let before = |months: u32| end.checked_sub_months(chrono::Months::new(months));
    let (Some(least), Some(valid_from), Some(test_from)) = (before(36), before(24), before(12)) else {
        return shares;
    };
    if long_step || first > least || profile.series.iter().any(|series| series.from != Some(from)) {
        return shares;
    }
    SplitRecipe {
        by: SplitBy::Dates,
        valid_from: Some(valid_from.to_string()),
        test_from: Some(test_from.to_string()),
        end: None,
        train: None,
        valid: None,
        test: None,
        train_from: None,
    }
}

fn comments(recipe: &Recipe, roles: &Roles, profile: &Profile) -> Comments {
    let mut head = vec![
        format!("A recipe for gyeol, fitted to {} ({} rows).", recipe.data.file, profile.rows),
        "Keys marked with # are not set; the line shows how they are written. docs/recipe.md lists them all."
            .to_owned(),
    ];
    if let Some(clock) = &profile.clock
        && let (Some(step), Some(from), Some(to)) = (&clock.step, clock.from, clock.to)
    {
        let zone = clock.zone.as_deref().and_then(|zone| gyeol_data::clock::zone(zone).ok());
        head.push(format!("One row every {step}, from {} to {}.", show(from, zone), show(to, zone)));
    }
    for warning in profile.warnings.iter().take(12) {
        head.push(format!("Seen: {}", plain(&warning.words)));
    }
    let mut notes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in roles.iter() {
        let key = match entry.role {
            Role::Time => "time",
            Role::Target => "targets",
            Role::Past => "past",
            Role::Known if roles.time().is_none() => "past",
            Role::Known => "known",
            Role::Id => "id",
            _ if recipe.columns.parents.iter().flatten().any(|parent| *parent == entry.column) => continue,
            _ => "ignored",
        };
        let note = format!("{}: {}", plain(&entry.column), plain(&entry.reason.words));
        notes.entry(format!("columns.{key}")).or_default().push(note);
    }
    for parent in recipe.columns.parents.iter().flatten() {
        let note = format!(
            "{}: the same in every row of a series, and each lies whole within one of the next",
            plain(parent)
        );
        notes.entry("columns.parents".to_owned()).or_default().push(note);
    }
    for rows in recipe.forecast.seasons.iter().flatten() {
        let note = format!("The readings repeat every {rows} rows, and no clock says so.");
        notes.entry("forecast.seasons".to_owned()).or_default().push(note);
    }
    let mut proposed = BTreeMap::new();
    for (path, value, note) in proposals(recipe, profile) {
        proposed.insert(path.to_owned(), format!("\"{value}\""));
        notes.entry(path.to_owned()).or_default().push(note);
    }
    Comments { head, keys: true, notes, proposed }
}

/// Zone and country that the clock tells of: the key, what it might be, and why.
fn proposals(recipe: &Recipe, profile: &Profile) -> Vec<(&'static str, String, String)> {
    let Some(clock) = &profile.clock else { return Vec::new() };
    let mut out = Vec::new();
    let mut countries: Vec<&str> = match &recipe.data.zone {
        Some(zone) => gyeol_data::clock::country(zone).into_iter().collect(),
        None => clock.zones.iter().map(|guess| guess.country.as_str()).collect(),
    };
    countries.dedup();
    if let (None, Some(guess)) = (&recipe.data.zone, clock.zones.first()) {
        let zones: Vec<&str> = clock.zones.iter().map(|guess| guess.zone.as_str()).collect();
        let note = format!(
            "{} of {} skipped or doubled hours are changes of these clocks: {}.",
            guess.told,
            guess.traces,
            zones.join(", ")
        );
        out.push(("data.zone", guess.zone.clone(), note));
    }
    let known = gyeol_data::calendar::countries();
    countries.retain(|code| known.contains(code));
    if let (None, Some(first)) = (&recipe.calendar.holidays, countries.first()) {
        let note = match &recipe.data.zone {
            Some(zone) => format!("{zone} lies in {first}."),
            None => format!("By the zones that the clock may be of: {}.", countries.join(", ")),
        };
        out.push(("calendar.holidays", (*first).to_owned(), note));
    }
    out
}

/// A text from the file for one comment line: no line ends, not too long.
fn plain(text: &str) -> String {
    let mut line: String =
        text.chars().take(160).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.chars().count() > 160 {
        line.push('…');
    }
    line
}
