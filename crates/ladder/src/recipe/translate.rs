//! From a recipe's words to what gyeol-data takes.

use gyeol_data::{ReadOptions, Role, Roles, SplitSpec, Table};
use gyeol_forecast::calendar::CalendarSpec;

use super::model::{CalendarRecipe, HolidaysRecipe, Recipe, SplitBy};

impl Recipe {
    /// How the file is to be read.
    pub fn read_options(&self) -> ReadOptions {
        let data = &self.data;
        let delimiter = match data.delimiter.as_deref() {
            Some("tab") => Some(b'\t'),
            Some(text) => text.bytes().next(),
            None => None,
        };
        ReadOptions {
            delimiter,
            decimal_comma: data.decimal_comma,
            encoding: data.encoding.clone(),
            date_format: data.date_format.clone(),
            header: data.header,
            skip: data.skip,
            reshape: data.reshape,
            zone: data.zone.clone(),
            query: data.query.clone(),
            ..ReadOptions::default()
        }
    }

    /// The roles of a table's columns: those of the recipe, the rest as guessed. Once the recipe names targets, a column
    /// that it names nowhere is ignored, so that nothing enters a model unseen.
    pub fn roles(&self, table: &Table) -> Roles {
        let columns = &self.columns;
        let mut roles = Roles::guess(table);
        let free = |roles: &mut Roles, role: Role| {
            let names: Vec<String> = roles.with_role(role).into_iter().map(str::to_owned).collect();
            for name in names {
                roles.set(&name, Role::Ignored);
            }
        };
        let lists =
            [(Role::Target, &columns.targets), (Role::Past, &columns.past), (Role::Known, &columns.known)];
        for (role, given) in &lists {
            if given.is_some() || columns.targets.is_some() {
                free(&mut roles, *role);
            }
        }
        for (role, given) in [(Role::Time, &columns.time), (Role::Id, &columns.id)] {
            if let Some(name) = given {
                free(&mut roles, role);
                roles.set(name, role);
            }
        }
        for (role, given) in &lists {
            for name in given.iter().flat_map(|names| names.iter()) {
                roles.set(name, *role);
            }
        }
        for name in columns.parents.iter().flatten().chain(&columns.ignored) {
            roles.set(name, Role::Ignored);
        }
        roles
    }

    /// Where the parts begin and end.
    pub fn split_spec(&self) -> SplitSpec {
        let split = &self.split;
        let rows = |rows: Option<f64>| rows.unwrap_or(0.0) as usize;
        match split.by {
            SplitBy::Dates => SplitSpec::Dates {
                train_from: split.train_from.clone(),
                valid_from: split.valid_from.clone().unwrap_or_default(),
                test_from: split.test_from.clone().unwrap_or_default(),
                end: split.end.clone(),
            },
            SplitBy::Shares => SplitSpec::Shares {
                train: split.train.unwrap_or(0.7),
                valid: split.valid.unwrap_or(0.15),
                test: split.test.unwrap_or(0.15),
            },
            SplitBy::Rows => {
                SplitSpec::Rows { train: rows(split.train), valid: rows(split.valid), test: rows(split.test) }
            }
        }
    }

    /// Which calendar columns and holidays the rungs are given.
    pub fn calendar_spec(&self) -> CalendarSpec {
        let (country, dates) = match &self.calendar.holidays {
            Some(HolidaysRecipe::Country(code)) => (Some(code.clone()), Vec::new()),
            Some(HolidaysRecipe::Dates(dates)) => (None, dates.clone()),
            None => (None, Vec::new()),
        };
        let CalendarRecipe { features, bridging, latitude, longitude, .. } = self.calendar;
        let bridging = bridging && self.calendar.holidays.is_some();
        CalendarSpec { enabled: features, country, dates, bridging, latitude, longitude }
    }

    /// What the report calls the readings: the given name, else the file's or the database's.
    pub fn title(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        if self.data.is_database()
            && let Ok((address, _)) = gyeol_data::database::Address::parse(&self.data.file)
            && let Some(name) = address.name
        {
            return name;
        }
        let file = std::path::Path::new(&self.data.file);
        file.file_stem().map_or_else(|| self.data.file.clone(), |stem| stem.to_string_lossy().into_owned())
    }
}
