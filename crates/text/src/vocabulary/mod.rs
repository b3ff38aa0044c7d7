//! Words numbered by falling frequency.
