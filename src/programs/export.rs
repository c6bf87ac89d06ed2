//! The inventory on its way out.

use std::fmt::Write;

use super::{Instrument, Program};

/// The inventory as `programs.toml` writes it; reading it gives the same inventory.
#[must_use]
pub fn as_toml(all: &[Program]) -> String {
    let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
    let mut out = String::from("# Exported by cxbot. Put it into your content folder as programs.toml.\n");
    for program in all {
        let _ = writeln!(
            out,
            "\n[[program]]\nkey = {}\nname = {}\naudience = {}",
            text(&program.key),
            text(&program.name),
            text(program.audience.key())
        );
        if !program.owner.is_empty() {
            let _ = writeln!(out, "owner = {}", text(&program.owner));
        }
        for (key, quarter) in [("from", program.from), ("until", program.until)] {
            if let Some(quarter) = quarter {
                let _ = writeln!(out, "{key} = \"{quarter}\"");
            }
        }
        for measure in &program.measures {
            let _ = writeln!(
                out,
                "\n[[program.measure]]\nkey = {}\nname = {}\ncategory = {}\nsource = {}\nwording = {}",
                text(&measure.key),
                text(&measure.name),
                text(measure.category.key()),
                text(measure.source_kind.key()),
                text(&measure.wording)
            );
            if !measure.owner.is_empty() {
                let _ = writeln!(out, "owner = {}", text(&measure.owner));
            }
            match &measure.instrument {
                Instrument::Scale { options, reversed } => {
                    let _ = writeln!(out, "options = {options}");
                    if *reversed {
                        out.push_str("reversed = true\n");
                    }
                }
                Instrument::Value { unit, worst, target, best } => {
                    let direction = if worst < target { "higher" } else { "lower" };
                    let _ = writeln!(
                        out,
                        "unit = {}\ndirection = \"{direction}\"\nworst = {worst:?}\ntarget = {target:?}",
                        text(unit)
                    );
                    if let Some(best) = best {
                        let _ = writeln!(out, "best = {best:?}");
                    }
                }
            }
            if (measure.weight - 1.0).abs() > f64::EPSILON {
                let _ = writeln!(out, "weight = {:?}", measure.weight);
            }
            if measure.valid_quarters != 1 {
                let _ = writeln!(out, "valid_quarters = {}", measure.valid_quarters);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{load, parse};
    use super::*;
    use crate::config::{Content, ContentFile};

    #[test]
    fn the_exported_inventory_is_the_inventory() {
        let all = load(&Content::built_in()).unwrap();
        let back = parse(&ContentFile { path: "programs.toml".into(), text: as_toml(&all) }).unwrap();
        assert_eq!(back, all);
    }

    proptest! {
        #[test]
        fn whatever_people_write_comes_back(name in "\\PC{1,60}", wording in "\\PC{1,200}", owner in "\\PC{0,60}", weight in 0.0_f64..100.0, reversed: bool) {
            let mut all = load(&Content::built_in()).unwrap();
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let (name, wording) = (words(&name), words(&wording));
            if name.is_empty() || wording.is_empty() { return Ok(()) }
            all[0].name.clone_from(&name);
            all[0].owner = words(&owner);
            let measure = &mut all[0].measures[0];
            measure.name = name;
            measure.wording = wording;
            measure.owner = words(&owner);
            measure.weight = weight;
            measure.valid_quarters = 4;
            if let Instrument::Scale { reversed: first_is_best, .. } = &mut measure.instrument { *first_is_best = reversed }
            let text = as_toml(&all);
            let back = parse(&ContentFile { path: "programs.toml".into(), text: text.clone() });
            prop_assert_eq!(back, Ok(all), "{}", text);
        }

        #[test]
        fn no_slip_in_the_file_breaks_its_reader(at in 0_usize..4_000, length in 0_usize..12, put in "[-\\[\\]=\"'{}0-9a-z.\n ]{0,6}") {
            let text = Content::built_in().read("programs.toml").unwrap().text;
            let slipped: String = text.chars().take(at).chain(put.chars()).chain(text.chars().skip(at + length)).collect();
            let _ = parse(&ContentFile { path: "programs.toml".into(), text: slipped });
        }
    }
}
