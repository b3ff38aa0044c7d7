//! The road from raw readings to a judged and served forecast: one import
