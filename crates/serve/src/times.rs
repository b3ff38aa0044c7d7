//! Moments as the answers write them: ISO 8601 on the clock of the model's zone, with its offset.

use gyeol_data::{Step, clock};

use gyeol_models::Description;

/// Whether the model merely counts rows.
pub(crate) fn counted(description: &Description) -> bool {
    description.time.is_none() || Step::parse(&description.step).is_ok_and(|step| step == Step::Rows)
}

/// How a model's moments are written.
#[derive(Clone)]
pub(crate) struct Times {
    counted: bool,
    zone: Option<String>,
}

impl Times {
    pub(crate) fn of(description: &Description) -> Times {
        Times { counted: counted(description), zone: description.zone.clone() }
    }

    /// `2014-01-31T13:00:00-05:00`; without the offset where no zone is known; the number where rows are counted.
    pub(crate) fn text(&self, moment: i64) -> String {
        if self.counted {
            return moment.to_string();
        }
        let Some(zone) = self.zone.as_deref().and_then(|name| clock::zone(name).ok()) else {
            return clock::iso(moment);
        };
        let local = clock::local_time(moment, Some(zone)).and_utc().timestamp_millis();
        let minutes = local.saturating_sub(moment) / 60_000;
        let sign = if minutes < 0 { '-' } else { '+' };
        let minutes = minutes.unsigned_abs();
        format!("{}{sign}{:02}:{:02}", clock::iso(local), minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_follow_summer_time() {
        let times = |zone: Option<&str>| Times { counted: false, zone: zone.map(str::to_owned) };
        // 2014-01-31 18:00 UTC and 2014-07-31 18:00 UTC.
        assert_eq!(times(Some("America/New_York")).text(1_391_191_200_000), "2014-01-31T13:00:00-05:00");
        assert_eq!(times(Some("America/New_York")).text(1_406_829_600_000), "2014-07-31T14:00:00-04:00");
        assert_eq!(times(Some("Asia/Kolkata")).text(1_391_191_200_000), "2014-01-31T23:30:00+05:30");
        assert_eq!(times(None).text(1_391_191_200_000), "2014-01-31T18:00:00");
        assert_eq!(Times { counted: true, zone: None }.text(77), "77");
    }
}
