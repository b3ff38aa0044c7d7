//! As the build script that the other crates share (`tests/build.rs`): tells tests whether what they need is there. `cfg(gyeol_data)`
//! where `GYEOL_DATA` is set, `cfg(gyeol_postgres)` where `GYEOL_POSTGRES` names the folder of a server's programs.

fn main() {
    for name in ["GYEOL_DATA", "GYEOL_POSTGRES"] {
        let cfg = name.to_lowercase();
        println!("cargo::rerun-if-env-changed={name}");
        println!("cargo::rustc-check-cfg=cfg({cfg})");
        if std::env::var_os(name).is_some_and(|folder| !folder.is_empty()) {
            println!("cargo::rustc-cfg={cfg}");
        }
    }
}
