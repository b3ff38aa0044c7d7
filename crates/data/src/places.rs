//! Which country a zone of the IANA database lies in, and which zones change their clocks as the stamps of a file do.

use chrono::{MappedLocalTime, Offset, TimeZone};

use crate::Tz;
use crate::clock::{DAY_MS, local_time};
use crate::profile::{DstJump, ZoneGuess};

/// Zones by country (the database's `zone.tab`), the zone of most people first, and the countries by the electricity they use.
#[rustfmt::skip]
const PLACES: &[(&str, &str)] = &[
    ("CN", "Asia/Shanghai Asia/Urumqi"),
    ("US", "America/New_York America/Chicago America/Los_Angeles America/Denver America/Phoenix America/Detroit \
        America/Indiana/Indianapolis America/Kentucky/Louisville America/Boise America/Anchorage Pacific/Honolulu \
        America/Kentucky/Monticello America/Indiana/Vincennes America/Indiana/Winamac America/Indiana/Marengo \
        America/Indiana/Petersburg America/Indiana/Vevay America/Indiana/Tell_City America/Indiana/Knox America/Menominee \
        America/North_Dakota/Center America/North_Dakota/New_Salem America/North_Dakota/Beulah America/Juneau America/Sitka \
        America/Metlakatla America/Yakutat America/Nome America/Adak"),
    ("IN", "Asia/Kolkata"),
    ("RU", "Europe/Moscow Asia/Yekaterinburg Asia/Novosibirsk Europe/Samara Asia/Krasnoyarsk Asia/Omsk Asia/Irkutsk \
        Asia/Vladivostok Asia/Yakutsk Europe/Kaliningrad Europe/Volgograd Europe/Saratov Europe/Kirov Europe/Astrakhan \
        Europe/Ulyanovsk Asia/Barnaul Asia/Tomsk Asia/Novokuznetsk Asia/Chita Asia/Khandyga Asia/Ust-Nera Asia/Magadan \
        Asia/Sakhalin Asia/Srednekolymsk Asia/Kamchatka Asia/Anadyr"),
    ("JP", "Asia/Tokyo"),
    ("BR", "America/Sao_Paulo America/Bahia America/Fortaleza America/Recife America/Manaus America/Belem America/Cuiaba \
        America/Campo_Grande America/Maceio America/Araguaina America/Noronha America/Santarem America/Porto_Velho \
        America/Boa_Vista America/Eirunepe America/Rio_Branco"),
    ("KR", "Asia/Seoul"),
    ("CA", "America/Toronto America/Vancouver America/Edmonton America/Winnipeg America/Halifax America/Regina \
        America/St_Johns America/Moncton America/Glace_Bay America/Goose_Bay America/Blanc-Sablon America/Iqaluit \
        America/Atikokan America/Resolute America/Rankin_Inlet America/Swift_Current America/Cambridge_Bay America/Inuvik \
        America/Creston America/Dawson_Creek America/Fort_Nelson America/Whitehorse America/Dawson"),
    ("DE", "Europe/Berlin Europe/Busingen"),
    ("FR", "Europe/Paris"),
    ("SA", "Asia/Riyadh"),
    ("IR", "Asia/Tehran"),
    ("MX", "America/Mexico_City America/Monterrey America/Tijuana America/Chihuahua America/Ciudad_Juarez America/Hermosillo \
        America/Merida America/Cancun America/Mazatlan America/Matamoros America/Ojinaga America/Bahia_Banderas"),
    ("ID", "Asia/Jakarta Asia/Makassar Asia/Pontianak Asia/Jayapura"),
    ("TR", "Europe/Istanbul"),
    ("GB", "Europe/London"),
    ("IT", "Europe/Rome"),
    ("TW", "Asia/Taipei"),
    ("VN", "Asia/Ho_Chi_Minh"),
    ("ES", "Europe/Madrid Atlantic/Canary Africa/Ceuta"),
    ("AU", "Australia/Sydney Australia/Melbourne Australia/Brisbane Australia/Perth Australia/Adelaide Australia/Hobart \
        Australia/Darwin Australia/Broken_Hill Australia/Lindeman Australia/Eucla Australia/Lord_Howe Antarctica/Macquarie"),
    ("ZA", "Africa/Johannesburg"),
    ("TH", "Asia/Bangkok"),
    ("EG", "Africa/Cairo"),
    ("MY", "Asia/Kuala_Lumpur Asia/Kuching"),
    ("PL", "Europe/Warsaw"),
    ("AE", "Asia/Dubai"),
    ("PK", "Asia/Karachi"),
    ("AR", "America/Argentina/Buenos_Aires America/Argentina/Cordoba America/Argentina/Tucuman America/Argentina/Mendoza \
        America/Argentina/Salta America/Argentina/Jujuy America/Argentina/Catamarca America/Argentina/La_Rioja \
        America/Argentina/San_Juan America/Argentina/San_Luis America/Argentina/Rio_Gallegos America/Argentina/Ushuaia"),
    ("SE", "Europe/Stockholm"),
    ("UA", "Europe/Kyiv Europe/Simferopol"),
    ("NO", "Europe/Oslo"),
    ("NL", "Europe/Amsterdam"),
    ("CL", "America/Santiago America/Punta_Arenas America/Coyhaique Pacific/Easter"),
    ("BE", "Europe/Brussels"),
    ("FI", "Europe/Helsinki"),
    ("AT", "Europe/Vienna"),
    ("CZ", "Europe/Prague"),
    ("CH", "Europe/Zurich"),
    ("IL", "Asia/Jerusalem"),
    ("RO", "Europe/Bucharest"),
    ("GR", "Europe/Athens"),
    ("PT", "Europe/Lisbon Atlantic/Azores Atlantic/Madeira"),
    ("HU", "Europe/Budapest"),
    ("NZ", "Pacific/Auckland Pacific/Chatham"),
    ("BG", "Europe/Sofia"),
    ("DK", "Europe/Copenhagen"),
    ("IE", "Europe/Dublin"),
    ("PY", "America/Asuncion"),
];

/// Zones that a guess names, and how many of them of one country.
const NAMED: (usize, usize) = (8, 4);
/// Days through which the changes of a zone are counted.
const DAYS: i64 = 40_000;

/// The country of a zone by its two letters, of those whose holidays are known and a few beside.
///
/// ```
/// assert_eq!(gyeol_data::clock::country("Asia/Seoul"), Some("KR"));
/// assert_eq!(gyeol_data::clock::country("UTC"), None);
/// ```
pub fn country(zone: &str) -> Option<&'static str> {
    PLACES.iter().find(|(_, zones)| zones.split_ascii_whitespace().any(|z| z == zone)).map(|(code, _)| *code)
}

/// Whether a zone has the change that a stamp tells of: a skipped hour, or a doubled one.
fn explains(zone: Tz, jump: &DstJump) -> bool {
    match zone.offset_from_local_datetime(&local_time(jump.at, None)) {
        MappedLocalTime::None => jump.season == "spring",
        MappedLocalTime::Ambiguous(..) => jump.season == "autumn",
        MappedLocalTime::Single(_) => false,
    }
}

/// Seconds by which a zone's clocks are ahead of UTC at a moment.
fn offset(zone: Tz, ms: i64) -> i32 {
    zone.offset_from_utc_datetime(&local_time(ms, None)).fix().local_minus_utc()
}

/// How often a zone's clocks go forward between two moments.
fn springs(zone: Tz, from: i64, to: i64) -> usize {
    let last = to.min(from.saturating_add(DAYS.saturating_mul(DAY_MS)));
    let mut before = offset(zone, from);
    let mut count = 0;
    let mut at = from;
    while at < last {
        at = at.saturating_add(DAY_MS).min(last);
        let now = offset(zone, at);
        count += usize::from(now > before);
        before = now;
    }
    count
}

/// The zones whose changes the traces of summer time in a clock without a zone are, those of the largest countries first;
/// none where a trace in ten or more is of another making, or most of a zone's changes left no trace.
pub(crate) fn guess(jumps: &[DstJump], from: i64, to: i64) -> Vec<ZoneGuess> {
    let mut found: Vec<ZoneGuess> = Vec::new();
    // One meter's stamp tells as much as that of a thousand.
    let mut once: Vec<&DstJump> = jumps.iter().collect();
    once.dedup_by_key(|jump| jump.at);
    if once.is_empty() {
        return found;
    }
    for (code, zones) in PLACES {
        // Of zones of one country that tell the same time the first stands for all.
        let mut of_country: Vec<(i32, i32)> = Vec::new();
        for zone in zones.split_ascii_whitespace().filter_map(Tz::named) {
            if found.len() == NAMED.0 || of_country.len() == NAMED.1 {
                break;
            }
            let clock = (offset(zone, from), offset(zone, to));
            if of_country.contains(&clock) {
                continue;
            }
            let told = once.iter().filter(|jump| explains(zone, jump));
            let (springs_told, told) = (told.clone().filter(|j| j.season == "spring").count(), told.count());
            if told * 10 < once.len() * 9 {
                continue;
            }
            let springs = springs(zone, from, to);
            if springs_told * 2 >= springs {
                of_country.push(clock);
                found.push(ZoneGuess {
                    zone: zone.name().to_string(),
                    country: (*code).to_string(),
                    told,
                    traces: once.len(),
                    springs_told,
                    springs,
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_is_one_of_the_database_and_stands_once() {
        let mut seen = std::collections::HashSet::new();
        for (code, zones) in PLACES {
            for zone in zones.split_ascii_whitespace() {
                assert_eq!(Tz::named(zone).map(|z| z.name()), Some(zone), "{code}");
                assert!(seen.insert(zone), "{zone}");
            }
        }
        let known = crate::calendar::countries();
        assert!(known.iter().all(|code| PLACES.iter().any(|(c, _)| c == code)));
    }
}
