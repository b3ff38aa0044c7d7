//! Cleaning by named rules, each of which says what it touched.
