//! Lays the functions that run from start to rest side by side in the program.
//!
//! The system maps a program into memory in pieces of 64 KiB around everything that runs. Functions that run at the start are
//! a sixth of cxbot's code but lie all over it, so that most of it would be resident. `order.txt` names them; the linker puts
//! them first. `cargo bench --bench link_order` renews the list, `cargo bench --bench rest` shows what it saves. A name that
//! no longer exists is passed over: an old list costs memory, never a build.

#![allow(clippy::disallowed_methods, reason = "cargo tells a build script everything by the environment")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=link");
    println!("cargo::rerun-if-env-changed=RUSTFLAGS");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names a folder"));
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") && links_with_lld(&folder) {
        let script = folder.join("order.ld");
        fs::write(&script, linker_script(include_str!("order.txt"))).expect("the folder can be written");
        println!("cargo::rustc-link-arg-bin=cxbot=-T{}", script.display());
    }
}

/// Whether the linker will be the one that comes with Rust: it is tried on an empty program. GNU ld knows the same scripts but takes
/// minutes over this one, others refuse it.
fn links_with_lld(folder: &Path) -> bool {
    let empty = folder.join("empty.rs");
    fs::write(&empty, "fn main() {}").expect("the folder can be written");
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let mut rustc = Command::new(env::var_os("RUSTC").expect("cargo names the compiler"));
    rustc.args(["--print", "link-args", "--target"]).arg(env::var_os("TARGET").expect("cargo names the target"));
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    let Ok(tried) = rustc.arg(&empty).arg("-o").arg(folder.join("empty")).output() else { return false };
    let arguments = String::from_utf8_lossy(&tried.stdout);
    // The last one named counts.
    let named = arguments.rsplit("-fuse-ld=").next().unwrap_or_default();
    tried.status.success() && arguments.contains("gcc-ld") && named.starts_with("lld")
}

/// One part for each paragraph of the list, before all other code. Functions that should run rarely are in sections of another
/// prefix; the star at the end is for what the optimizer may hang on a name, which says itself where it ends.
fn linker_script(order: &str) -> String {
    let paragraphs = order.split("\n\n").map(|lines| lines.lines().filter(|line| is_symbol(line)).collect::<Vec<_>>());
    let part = |names: Vec<&str>| {
        let sections: String = names.iter().map(|name| sections_of(name)).collect();
        format!("*(\n{sections})\n")
    };
    let parts: String = paragraphs.filter(|names| !names.is_empty()).map(part).collect();
    format!("SECTIONS {{ .text.ordered : {{\n{parts}}} }}\nINSERT BEFORE .text;\n")
}

fn sections_of(name: &str) -> String {
    let end = if name.starts_with("_R") { "*" } else { "" };
    format!(".text.{name}{end} .text.unlikely.{name}{end}\n")
}

/// Headings and slips are not: no list can break a build.
fn is_symbol(line: &str) -> bool {
    !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.$*".contains(&byte))
}
