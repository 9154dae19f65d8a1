//! Random damage: nothing panics, and the grid, the profile and the table agree.

use aloft_base::random::Generator;

use super::files::{Files, rows};
use crate::{Flow, Table, build_index, detect, profile};

const CSV: &str = "id,name,x,day,ok\n\
    1,\"Ann, of \"\"Oslo\"\"\",1.5,2024-01-01,true\n\
    2,Bö,,2024-01-02,false\n\
    3,\"line\nbreak\",-2e3,,true\n\
    4,\"\",inf,2024-02-30,NA\n";
const JSON: &str = "{\"id\": 1, \"name\": \"A\\u00e9\", \"list\": [1, {\"a\": \"]\"}], \"ok\": true}\n\
    {\"id\": 2.5, \"name\": null}\n\
    {\"ok\": false, \"id\": -3, \"day\": \"2024-01-01\"}\n";

/// Some bytes changed, taken out, doubled or cut off.
fn damage(text: &str, generator: &mut Generator) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=generator.below(6) {
        let at = generator.below(bytes.len() as u64) as usize;
        match generator.below(5) {
            0 => {
                bytes[at] = *b"\",;\n\r{}[]\\:\xff 0x"
                    .get(generator.below(16) as usize)
                    .unwrap_or(&b'"');
            }
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"\"\n,{"[generator.below(4) as usize]),
            3 => {
                let end = (at + generator.below(30) as usize).min(bytes.len());
                let part = bytes[at..end].to_vec();
                bytes.extend(part);
            }
            _ => bytes.truncate(at.max(1)),
        }
        if bytes.is_empty() {
            bytes.push(b'a');
        }
    }
    bytes
}

#[test]
fn nothing_panics_and_every_reader_sees_the_same() {
    let mut generator = Generator::new(11);
    let mut opened = 0;
    for round in 0..400 {
        let files = Files::new();
        let (name, text) = if round % 2 == 0 {
            ("t.csv", CSV)
        } else {
            ("t.jsonl", JSON)
        };
        let content = damage(text, &mut generator);
        let path = files.write(name, &content);
        let Ok(detected) = detect(&path) else { continue };
        opened += 1;
        let source = detected.source;
        let shown = String::from_utf8_lossy(&content).into_owned();
        let cache = files.cache(&source);
        let indexed = build_index(&source, &cache, &mut |_| Flow::Continue).unwrap().rows;
        let profile = profile(&source, &cache, &mut |_| Flow::Continue).unwrap();
        let table = Table::load(&source, &cache, None).unwrap();
        let mut pages = files.pages(&source);
        assert!(pages.is_complete() && pages.types_are_final());
        let counts = [indexed, profile.rows, table.rows() as u64, pages.known_rows()];
        assert_eq!(counts, [counts[0]; 4], "{shown}");
        let cells = rows(&mut pages);
        assert_eq!(cells.len() as u64, counts[0], "{shown}");
        for (position, column) in profile.columns.iter().enumerate() {
            assert_eq!(column.kind, pages.schema()[position].kind, "{shown}");
            let missing = cells.iter().filter(|row| row[position] == "∅").count() as u64;
            assert_eq!(missing, column.nulls, "{} of {shown}", column.name);
            assert_eq!(table.nulls_in(&column.name).unwrap() as u64, column.nulls, "{shown}");
        }
    }
    assert!(opened > 200, "only {opened} files could be opened");
}
