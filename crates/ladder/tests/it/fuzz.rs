//! Recipes that are almost right: read, or refused with words; never a panic.

use gyeol_data::{Roles, builtin, profile};
use gyeol_ladder::recipe::{AnyRecipe, Recipe};

use crate::mutate::fuzz;

#[test]
fn altered_recipes_are_read_or_refused() {
    let table = builtin::power_load().unwrap();
    let roles = Roles::guess(&table);
    let profile = profile::profile(&table, &roles, None).unwrap();
    let samples = [
        Recipe::init(&table, &roles, &profile, "load.csv").into_bytes(),
        include_bytes!("../../../../recipes/etth1.toml").to_vec(),
        include_bytes!("../../../../recipes/wikitext2.toml").to_vec(),
    ];
    fuzz(300, &samples, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        AnyRecipe::parse(&text, "r.toml").map(drop).map_err(|e| e.to_string())
    });
}
