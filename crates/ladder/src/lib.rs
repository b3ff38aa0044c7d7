//! Recipes, the protocol, the comparison and the verdict

pub mod recipe;
