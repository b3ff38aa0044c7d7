//! `~/.pgpass`, one line a password: `host:port:database:user:password`, `*` for any, `\:` and `\\` for the signs themselves; the
//! first line that fits counts (PostgreSQL documentation, 34.16). A file that others may read is passed over, as libpq does.

use std::path::PathBuf;

use super::address::{Address, Secret};

/// What a file of passwords said.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Kept {
    pub password: Option<Secret>,
    /// Why the file was passed over.
    pub passed_over: Option<String>,
}

/// The password that the file of the address, or the usual one, keeps for a host.
pub(super) fn kept(address: &Address, host: &str, port: u16, user: &str, name: &str) -> Kept {
    let usual = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pgpass"));
    let Some(path) = address.value("passfile").map(PathBuf::from).or_else(usual) else {
        return Kept::default();
    };
    let Ok(meta) = std::fs::metadata(&path) else { return Kept::default() };
    let over = |why: String| Kept { password: None, passed_over: Some(why) };
    if !meta.is_file() {
        return over(format!("{} is no plain file and was passed over", path.display()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if meta.mode() & 0o077 != 0 {
            return over(format!(
                "{} may be read by others and was passed over (chmod 600 {})",
                path.display(),
                path.display()
            ));
        }
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            // As libpq does, sockets go by the name localhost.
            let host = if host.starts_with('/') { "localhost" } else { host };
            Kept {
                password: line(&text, &[host, &port.to_string(), name, user]).map(Secret::new),
                passed_over: None,
            }
        }
        Err(e) => over(format!("{} cannot be read: {e}", path.display())),
    }
}

/// The password of the first line that fits.
fn line(text: &str, wanted: &[&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let fits = |(field, wanted): (&String, &&str)| field == "*" || field == *wanted;
        let [_, _, _, _, password] = fields.as_slice() else { return None };
        (fields.iter().zip(wanted).all(fits) && !password.is_empty()).then(|| password.clone())
    })
}

/// The five fields of a line; what comes behind a sixth colon belongs to none.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut signs = line.chars();
    while let Some(sign) = signs.next() {
        let sign = match sign {
            ':' if fields.len() == 5 => break,
            ':' => {
                fields.push(String::new());
                continue;
            }
            '\\' => signs.next().unwrap_or('\\'),
            sign => sign,
        };
        if let Some(last) = fields.last_mut() {
            last.push(sign);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_counts() {
        let file =
            "# host:port:db:user:pw\nother:*:*:*:no\nshort:line\ndb:5432:grid:me:a\\:b\\\\c\n*:*:*:*:last\n";
        let of = |host: &str, user: &str| line(file, &[host, "5432", "grid", user]);
        assert_eq!(of("db", "me").as_deref(), Some("a:b\\c"));
        assert_eq!(of("db", "you").as_deref(), Some("last"));
        assert_eq!(of("other", "you").as_deref(), Some("no"));
        assert_eq!(line("h:1:d:u:\n", &["h", "1", "d", "u"]), None, "an empty password is none");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_passed_over() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("pass");
        std::fs::write(&path, "*:*:*:*:s3cret\n").unwrap();
        let mut address = Address::default();
        address.options.push(("passfile".into(), path.display().to_string()));
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        mode(0o640);
        let open = kept(&address, "h", 1, "u", "d");
        assert_eq!(open.password, None);
        assert!(open.passed_over.unwrap().contains("chmod 600"));
        mode(0o600);
        assert_eq!(kept(&address, "h", 1, "u", "d").password, Some(Secret::new("s3cret")));
    }
}
