//! Recipes, the protocol, the comparison and the verdict
