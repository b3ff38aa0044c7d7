//! The build script of every crate with tests on real files: it tells them at compile time whether the files are there,
//! so that without them such a test is counted as ignored, and does not pass without having looked at anything.
//!
//! `cfg(gyeol_data)` where `GYEOL_DATA` is set; `cfg(gyeol_mecab_ko_dic)` where `GYEOL_MECAB_KO_DIC` is.

fn main() {
    for name in ["GYEOL_DATA", "GYEOL_MECAB_KO_DIC"] {
        let cfg = name.to_lowercase();
        println!("cargo::rerun-if-env-changed={name}");
        println!("cargo::rustc-check-cfg=cfg({cfg})");
        if std::env::var_os(name).is_some_and(|folder| !folder.is_empty()) {
            println!("cargo::rustc-cfg={cfg}");
        }
    }
}
