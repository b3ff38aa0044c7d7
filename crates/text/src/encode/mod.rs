//! Tokens as integers: padding, truncation, masks, one-hot.
