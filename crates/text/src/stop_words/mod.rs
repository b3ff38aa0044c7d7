//! Words so common that they say little.
