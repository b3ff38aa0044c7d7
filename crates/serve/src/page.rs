//! The page: one HTML file with everything inside, once for each language.

use sha2::{Digest, Sha256};

const TEMPLATE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");
const CATALOGUES: [(&str, &str); 2] =
    [("en", include_str!("page/messages.en.json")), ("ko", include_str!("page/messages.ko.json"))];

/// The page in one language.
pub(crate) struct Page {
    pub(crate) language: &'static str,
    pub(crate) html: String,
    /// Which scripts and styles may run: these two and nothing else.
    pub(crate) policy: String,
}

/// The page in every language.
pub(crate) struct Pages {
    pages: Vec<Page>,
    usual: usize,
}

impl Pages {
    pub(crate) fn new(language: &str) -> Pages {
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            hash(SCRIPT),
            hash(STYLE)
        );
        let pages: Vec<Page> = CATALOGUES
            .iter()
            .map(|(language, catalogue)| Page {
                language,
                html: fill(language, catalogue),
                policy: policy.clone(),
            })
            .collect();
        let usual = pages.iter().position(|page| page.language == language).unwrap_or(0);
        Pages { pages, usual }
    }

    /// By the address, else by what the browser accepts in its own order, else the server's.
    pub(crate) fn choose(&self, asked: Option<&str>, accepted: Option<&str>) -> &Page {
        let find = |language: &str| self.pages.iter().find(|page| page.language == language);
        let from_browser = || {
            accepted.unwrap_or("").split(',').find_map(|part| {
                let language = part.split([';', '-']).next().unwrap_or("").trim().to_ascii_lowercase();
                find(&language)
            })
        };
        asked.and_then(find).or_else(from_browser).unwrap_or(&self.pages[self.usual])
    }
}

/// Messages stand in the page twice: in its text as `{{key}}`, and as JSON for the script.
fn fill(language: &str, catalogue: &str) -> String {
    let messages: std::collections::BTreeMap<String, String> =
        serde_json::from_str(catalogue).unwrap_or_default();
    let mut html = TEMPLATE.replace("{{language}}", language);
    for (key, message) in &messages {
        html = html.replace(&format!("{{{{{key}}}}}"), message);
    }
    // `<` would end the element that the JSON stands in.
    let json = serde_json::to_string(&messages).unwrap_or_default().replace('<', "\\u003c");
    html.replace("/*messages*/", &json).replace("/*style*/", STYLE).replace("/*script*/", SCRIPT)
}

/// The hash by which a content security policy knows an inline script or style.
fn hash(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0u32, |word, byte| (word << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place > chunk.len() {
                out.push('=');
            } else {
                out.push(char::from(LETTERS[(word >> (18 - 6 * place)) as usize & 63]));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        // RFC 4648, section 10.
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn every_language_says_everything() {
        let read = |text: &str| -> std::collections::BTreeMap<String, String> {
            serde_json::from_str(text).unwrap()
        };
        let english = read(CATALOGUES[0].1);
        for (language, catalogue) in CATALOGUES {
            let messages = read(catalogue);
            assert_eq!(messages.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language}");
            for (key, message) in &messages {
                assert!(!message.contains(['<', '&', '"']), "{key} goes into HTML as it stands");
                let places = |text: &str| text.matches('{').count();
                assert_eq!(places(message), places(&english[key]), "{language}: {key}");
            }
        }
        for key in english.keys() {
            let used = ["role_", "rung_", "error_"].iter().any(|family| key.starts_with(family))
                || TEMPLATE.contains(&format!("{{{{{key}}}}}"))
                || SCRIPT.contains(&format!("\"{key}\""))
                || SCRIPT.contains(&format!("'{key}'"));
            assert!(used, "nobody says {key}");
        }
        for page in Pages::new("en").pages {
            assert!(
                !page.html.contains("{{"),
                "a message is missing: {:?}",
                page.html.split("{{").nth(1).map(|rest| &rest[..20])
            );
        }
    }

    #[test]
    fn the_page_needs_no_network_and_runs_no_foreign_script() {
        for page in Pages::new("en").pages {
            let html = page.html.replace("http://www.w3.org/2000/svg", "");
            assert!(!html.contains("http://") && !html.contains("https://"), "an address of another host");
            assert!(
                !html.contains(" style=") && !html.contains(" onclick="),
                "inline code that the policy forbids"
            );
            assert!(page.policy.contains("script-src 'sha256-") && !page.policy.contains("unsafe"));
            assert!(page.html.len() < 100_000);
        }
    }

    #[test]
    fn the_language_follows_the_address_then_the_browser() {
        let pages = Pages::new("en");
        assert_eq!(pages.choose(None, None).language, "en");
        assert_eq!(pages.choose(None, Some("ko-KR,ko;q=0.9,en;q=0.8")).language, "ko");
        assert_eq!(pages.choose(None, Some("de-DE,de;q=0.9,ko;q=0.5")).language, "ko");
        assert_eq!(pages.choose(Some("en"), Some("ko")).language, "en");
        assert_eq!(pages.choose(Some("xx"), None).language, "en");
        assert_eq!(Pages::new("ko").choose(None, Some("fr")).language, "ko");
    }
}
