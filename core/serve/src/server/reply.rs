//! Answers as the callers read them, written straight into the bytes that are sent.

use aloft_data::Task;
use aloft_train::{Answers, ModelSignature};

use super::tensors::{PREDICTION, PROBABILITIES, Wanted};

/// The parts of an answer that are the same for every request, written once.
#[derive(Debug)]
pub(super) struct Writer {
    /// Each class in quotes.
    classes: Vec<String>,
    /// `{"prediction":"a","probabilities":{`, by the class that is predicted.
    openings: Vec<String>,
    /// `"a":`, with a comma before all but the first.
    keys: Vec<String>,
    /// `],"model":"m","version":3,"warnings":`.
    closing: String,
    /// `{"model_name":"m","model_version":"3"`.
    protocol_opening: String,
    /// The line of names in CSV.
    header: String,
}

impl Writer {
    pub(super) fn new(signature: &ModelSignature, model: &str, version: u32) -> Self {
        let classes: Vec<String> = match signature.task {
            Task::Regression => vec![],
            Task::Binary | Task::MultiClass => signature.classes.iter().map(|class| quoted(class)).collect(),
        };
        let opening = |class: &String| format!(r#"{{"prediction":{class},"probabilities":{{"#);
        let key = |(place, class): (usize, &String)| format!("{}{class}:", if place > 0 { "," } else { "" });
        let names = signature
            .classes
            .iter()
            .map(|class| cell(&format!("probability_{class}")));
        let names = names.filter(|_| !classes.is_empty());
        let header = std::iter::once("prediction".to_owned()).chain(names);
        let model = quoted(model);
        Self {
            openings: classes.iter().map(opening).collect(),
            keys: classes.iter().enumerate().map(key).collect(),
            closing: format!(r#"],"model":{model},"version":{version},"warnings":"#),
            protocol_opening: format!(r#"{{"model_name":{model},"model_version":"{version}""#),
            header: header.collect::<Vec<_>>().join(","),
            classes,
        }
    }

    /// `{"predictions": […], "model", "version", "warnings"}`.
    pub(super) fn rows(&self, answers: &Answers, warnings: &[String]) -> Vec<u8> {
        let each = self.keys.iter().map(|key| key.len() + 14).sum::<usize>() + 64;
        let mut out = Vec::with_capacity(answers.rows * each + self.closing.len() + 64);
        out.extend_from_slice(br#"{"predictions":["#);
        for row in 0..answers.rows {
            if row > 0 {
                out.push(b',');
            }
            if self.classes.is_empty() {
                out.extend_from_slice(br#"{"prediction":"#);
                number(&mut out, answers.numbers[row]);
                out.push(b'}');
                continue;
            }
            out.extend_from_slice(self.openings[answers.predicted[row] as usize].as_bytes());
            let start = row * self.classes.len();
            for (key, probability) in self.keys.iter().zip(&answers.probabilities[start..]) {
                out.extend_from_slice(key.as_bytes());
                number(&mut out, *probability);
            }
            out.extend_from_slice(b"}}");
        }
        out.extend_from_slice(self.closing.as_bytes());
        if warnings.is_empty() {
            out.extend_from_slice(b"[]");
        } else {
            out.push(b'[');
            for (place, warning) in warnings.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(quoted(warning).as_bytes());
            }
            out.push(b']');
        }
        out.push(b'}');
        out
    }

    /// The inference answer of the Open Inference Protocol.
    pub(super) fn tensors(&self, answers: &Answers, wanted: &Wanted) -> Vec<u8> {
        let rows = answers.rows;
        let mut out = Vec::with_capacity(rows * (16 + 14 * self.classes.len()) + 256);
        out.extend_from_slice(self.protocol_opening.as_bytes());
        if let Some(id) = &wanted.id {
            out.extend_from_slice(br#","id":"#);
            out.extend_from_slice(quoted(id).as_bytes());
        }
        out.extend_from_slice(br#","outputs":["#);
        let mut comma = false;
        if wanted.prediction {
            comma = true;
            let datatype = if self.classes.is_empty() { "FP32" } else { "BYTES" };
            open_tensor(&mut out, PREDICTION, datatype, &[rows]);
            for row in 0..rows {
                if row > 0 {
                    out.push(b',');
                }
                if self.classes.is_empty() {
                    number(&mut out, answers.numbers[row]);
                } else {
                    out.extend_from_slice(self.classes[answers.predicted[row] as usize].as_bytes());
                }
            }
            out.extend_from_slice(b"]}");
        }
        if wanted.probabilities && !self.classes.is_empty() {
            if comma {
                out.push(b',');
            }
            open_tensor(&mut out, PROBABILITIES, "FP32", &[rows, self.classes.len()]);
            let values = &answers.probabilities[..rows * self.classes.len()];
            for (place, probability) in values.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                number(&mut out, *probability);
            }
            out.extend_from_slice(b"]}");
        }
        out.extend_from_slice(b"]}");
        out
    }

    /// One line a row, after a line of names if the request had one.
    pub(super) fn table(&self, answers: &Answers, classes: &[String], has_header: bool) -> Vec<u8> {
        let mut out = Vec::new();
        if has_header {
            out.extend_from_slice(self.header.as_bytes());
            out.push(b'\n');
        }
        for row in 0..answers.rows {
            if self.classes.is_empty() {
                number(&mut out, answers.numbers[row]);
            } else {
                out.extend_from_slice(cell(&classes[answers.predicted[row] as usize]).as_bytes());
                let start = row * self.classes.len();
                for probability in &answers.probabilities[start..start + self.classes.len()] {
                    out.push(b',');
                    number(&mut out, *probability);
                }
            }
            out.push(b'\n');
        }
        out
    }
}

fn open_tensor(out: &mut Vec<u8>, name: &str, datatype: &str, shape: &[usize]) {
    let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
    let shape = shape.join(",");
    out.extend_from_slice(
        format!(r#"{{"name":"{name}","datatype":"{datatype}","shape":[{shape}],"data":["#).as_bytes(),
    );
}

/// The shortest text that is read back as the same number.
fn number(out: &mut Vec<u8>, number: f32) {
    // A vector takes whatever is written.
    if serde_json::to_writer(&mut *out, &number).is_err() {
        out.extend_from_slice(b"null");
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A text as a cell of CSV.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
