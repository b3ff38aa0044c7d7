//! Closed lists of names.

/// Reads and shows the values of an enum by their names: `FromStr`, `Display`, and `NAMES` in the order given. A name that
/// is not listed is an error of the code `unknown-option` that lists them.
///
/// ```
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// enum Side { Pre, Post }
/// gyeol_base::named!(Side, "a side", "pre" => Side::Pre, "post" => Side::Post);
///
/// assert_eq!("post".parse::<Side>()?, Side::Post);
/// assert_eq!(Side::Pre.to_string(), "pre");
/// assert_eq!(Side::NAMES, ["pre", "post"]);
/// let error = "left".parse::<Side>().unwrap_err();
/// assert_eq!(error.to_string(), "'left' is not a side. Next: use one of: pre post");
/// # Ok::<(), gyeol_base::Error>(())
/// ```
#[macro_export]
macro_rules! named {
    ($t:ty, $what:literal, $($name:literal => $v:path),* $(,)?) => {
        impl $t {
            /// Every name, in order.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The name.
            pub fn name(self) -> &'static str {
                match self { $($v => $name,)* }
            }
        }

        impl std::str::FromStr for $t {
            type Err = $crate::Error;
            fn from_str(name: &str) -> $crate::Result<Self> {
                match name {
                    $($name => Ok($v),)*
                    other => Err($crate::Fault::new(
                        "unknown-option",
                        format!("'{}' is not {}", $crate::shorten(other, 30), $what),
                    )
                    .next(concat!("use one of:", $(" ", $name),*))
                    .option()),
                }
            }
        }

        impl std::fmt::Display for $t {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
