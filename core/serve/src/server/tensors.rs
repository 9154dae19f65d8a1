//! Rows as tensors: the inference request of the Open Inference Protocol, version 2.
//!
//! What of the protocol is spoken (<https://github.com/kserve/open-inference-protocol>):
//!
//! | part | |
//! |---|---|
//! | server live, ready, metadata | yes |
//! | model ready, metadata, with and without a version | yes |
//! | inference, with and without a version | yes |
//! | one tensor a column, shape `[n]` or `[n, 1]` | yes |
//! | one tensor of shape `[n, columns]`, when all columns are numbers | yes |
//! | `FP32 FP64 INT8 … INT64 UINT8 … UINT64 BOOL BYTES` | yes; `FP16` is refused |
//! | data flat or nested | yes |
//! | `null` in data | yes, an extension: a missing value |
//! | a tensor left out | yes: its column is missing, as training defined |
//! | a tensor of an unknown name | refused |
//! | `id` | given back |
//! | `parameters` | read and passed over |
//! | `outputs` | honoured: `prediction`, `probabilities` |
//! | output tensors | `prediction` `BYTES [n]` or `FP32 [n]`; `probabilities` `FP32 [n, classes]` |
//! | binary data extension | refused with 400; `extensions` is empty |
//! | errors | `{"error": "…"}` |
//!
//! A number in an `FP32` tensor is taken as it is written, not rounded first, so that the
//! same row has the same answer at every door.

use std::borrow::Cow;

use aloft_data::FieldError;

use super::columns::{Filler, Sink};
use super::failure::Failure;
use super::json::{Json, Scalar, Shape};

/// The names of what comes out.
pub(super) const PREDICTION: &str = "prediction";
pub(super) const PROBABILITIES: &str = "probabilities";

/// Nested data has no more levels than a shape may have.
const LEVELS: u32 = 8;

/// What the caller wants back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) id: Option<String>,
    pub(super) prediction: bool,
    pub(super) probabilities: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Datatype {
    /// FP32 and FP64, with the largest magnitude.
    Float(f64),
    /// With its smallest and largest value.
    Integer(f64, f64),
    Boolean,
    Bytes,
}

impl Datatype {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "FP32" => Self::Float(f64::from(f32::MAX)),
            "FP64" => Self::Float(f64::MAX),
            "INT8" => Self::Integer(f64::from(i8::MIN), f64::from(i8::MAX)),
            "INT16" => Self::Integer(f64::from(i16::MIN), f64::from(i16::MAX)),
            "INT32" => Self::Integer(f64::from(i32::MIN), f64::from(i32::MAX)),
            "INT64" => Self::Integer(i64::MIN as f64, i64::MAX as f64),
            "UINT8" => Self::Integer(0.0, f64::from(u8::MAX)),
            "UINT16" => Self::Integer(0.0, f64::from(u16::MAX)),
            "UINT32" => Self::Integer(0.0, f64::from(u32::MAX)),
            "UINT64" => Self::Integer(0.0, u64::MAX as f64),
            "BOOL" => Self::Boolean,
            "BYTES" => Self::Bytes,
            _ => return None,
        })
    }

    fn takes(self, value: &Scalar<'_>) -> bool {
        match (self, value) {
            (Self::Float(limit), Scalar::Number(number, _)) => number.abs() <= limit,
            (Self::Integer(least, most), Scalar::Number(number, _)) => {
                number.fract() == 0.0 && (least..=most).contains(number)
            }
            (Self::Boolean, Scalar::Boolean(_)) | (Self::Bytes, Scalar::Text(_)) | (_, Scalar::Null) => true,
            _ => false,
        }
    }
}

#[derive(Default)]
struct Tensor<'a> {
    name: Option<Cow<'a, str>>,
    datatype: Option<Cow<'a, str>>,
    shape: Option<Vec<u64>>,
    data: Option<Vec<Scalar<'a>>>,
}

/// Reads an inference request.
pub(super) fn read<S: Sink>(body: &[u8], filler: &mut Filler<'_, S>) -> Result<Wanted, Failure> {
    let mut json = Json::new(body)?;
    let mut inputs: Option<Vec<Tensor<'_>>> = None;
    let mut outputs: Option<(bool, bool)> = None;
    let mut id = None;
    if json.shape()? != Shape::Object {
        return Err(json.refuse("an inference request is an object"));
    }
    json.object(|json, key| match key.as_ref() {
        "id" => {
            let text = json.text("'id'")?;
            once(&mut id, "id", text.into_owned())
        }
        "inputs" => {
            let mut tensors = vec![];
            json.list(|json| {
                tensors.push(tensor(json)?);
                Ok(())
            })?;
            once(&mut inputs, "inputs", tensors)
        }
        "outputs" => {
            let wanted = wanted_outputs(json)?;
            once(&mut outputs, "outputs", wanted)
        }
        "parameters" => parameters(json),
        _ => json.skip(),
    })?;
    json.end()?;
    let inputs = inputs.ok_or_else(|| Failure::malformed("The inference request has no 'inputs'"))?;
    fill(&inputs, filler)?;
    let (prediction, probabilities) = outputs.unwrap_or((true, true));
    Ok(Wanted {
        id,
        prediction,
        probabilities,
    })
}

fn once<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), Failure> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Failure::malformed(format!("'{name}' is given twice"))),
    }
}

fn tensor<'a>(json: &mut Json<'a>) -> Result<Tensor<'a>, Failure> {
    let mut tensor = Tensor::default();
    json.object(|json, key| match key.as_ref() {
        "name" => {
            let text = json.text("the name of an input")?;
            once(&mut tensor.name, "name", text)
        }
        "datatype" => {
            let text = json.text("the datatype of an input")?;
            once(&mut tensor.datatype, "datatype", text)
        }
        "shape" => {
            let mut shape = vec![];
            json.list(|json| {
                let place = json.refuse("a shape has whole numbers from 0 on");
                match json.scalar()? {
                    Scalar::Number(size, _) if size >= 0.0 && size.fract() == 0.0 && size < 9e15 => {
                        shape.push(size as u64);
                        if shape.len() > LEVELS as usize {
                            return Err(json.refuse("a shape has too many dimensions"));
                        }
                        Ok(())
                    }
                    _ => Err(place),
                }
            })?;
            once(&mut tensor.shape, "shape", shape)
        }
        "data" => {
            let mut data = vec![];
            flatten(json, &mut data, LEVELS)?;
            once(&mut tensor.data, "data", data)
        }
        "parameters" => parameters(json),
        _ => json.skip(),
    })?;
    Ok(tensor)
}

fn flatten<'a>(json: &mut Json<'a>, data: &mut Vec<Scalar<'a>>, levels: u32) -> Result<(), Failure> {
    if levels == 0 {
        return Err(json.refuse("the data is nested too deeply"));
    }
    json.list(|json| {
        if json.shape()? == Shape::List {
            return flatten(json, data, levels - 1);
        }
        data.push(json.scalar()?);
        Ok(())
    })
}

/// Passes over parameters, but for those that ask for what is not spoken here.
fn parameters(json: &mut Json<'_>) -> Result<(), Failure> {
    if json.shape()? == Shape::Scalar {
        // Some clients send null.
        return json.skip();
    }
    json.object(|json, key| {
        let is_binary = match key.as_ref() {
            "binary_data_size" => true,
            "binary_data" | "binary_data_output" => {
                json.shape()? == Shape::Scalar
                    && return match json.scalar()? {
                        Scalar::Boolean(true) => Err(binary()),
                        _ => Ok(()),
                    }
            }
            _ => false,
        };
        if is_binary { Err(binary()) } else { json.skip() }
    })
}

/// The binary data extension is asked for.
pub(super) fn binary() -> Failure {
    Failure::malformed("The binary data extension is not supported")
        .with_hint("Send and ask for the data as JSON: 'extensions' in GET /v2 is empty.")
}

fn wanted_outputs(json: &mut Json<'_>) -> Result<(bool, bool), Failure> {
    let (mut prediction, mut probabilities) = (false, false);
    let mut any = false;
    json.list(|json| {
        let mut name = None;
        json.object(|json, key| match key.as_ref() {
            "name" => {
                name = Some(json.text("the name of an output")?);
                Ok(())
            }
            "parameters" => parameters(json),
            _ => json.skip(),
        })?;
        any = true;
        match name.as_deref() {
            Some(PREDICTION) => prediction = true,
            Some(PROBABILITIES) => probabilities = true,
            _ => {
                return Err(Failure::invalid(format!(
                    "An output has another name than '{PREDICTION}' and '{PROBABILITIES}'"
                )));
            }
        }
        Ok(())
    })?;
    Ok(if any { (prediction, probabilities) } else { (true, true) })
}

/// Puts the tensors' values into rows.
fn fill<S: Sink>(inputs: &[Tensor<'_>], filler: &mut Filler<'_, S>) -> Result<(), Failure> {
    let columns = filler.columns;
    if let [only] = inputs
        && let Some([rows, width]) = only.shape.as_deref()
        && columns.find(only.name.as_deref().unwrap_or_default(), 0).is_none()
    {
        let name = only.name.as_deref().unwrap_or_default();
        if *width != columns.len() as u64 || !columns.are_numbers() {
            return Err(Failure::invalid(format!(
                "The input '{name}' has the shape [{rows}, {width}], but the model reads {} columns{}",
                columns.len(),
                if columns.are_numbers() {
                    ""
                } else {
                    " that are not all numbers"
                }
            ))
            .with_hint("Send one input for each column, by its name."));
        }
        let data = checked(only, |index| {
            (index / columns.len(), columns.name(index % columns.len()))
        })?;
        for row in data.chunks(columns.len()) {
            filler.begin()?;
            for (place, value) in row.iter().enumerate() {
                filler.set(place, value.plain(columns.kind(place)))?;
            }
            filler.end()?;
        }
        return no_rows(filler);
    }
    let mut data: Vec<(usize, &[Scalar<'_>])> = Vec::with_capacity(inputs.len());
    let mut rows = None;
    for (position, input) in inputs.iter().enumerate() {
        let name = input
            .name
            .as_deref()
            .ok_or_else(|| Failure::malformed(format!("The input at position {position} has no name")))?;
        let place = columns.find(name, position).ok_or_else(|| {
            let short: String = name.chars().take(100).collect();
            Failure::invalid(format!("The model does not read a column '{short}'"))
                .with_hint("GET /v2/models/MODEL lists what it reads.")
        })?;
        if data.iter().any(|(taken, _)| *taken == place) {
            return Err(Failure::invalid(format!("The input '{name}' is given twice")));
        }
        let values = checked(input, |index| (index, name))?;
        if !matches!(input.shape.as_deref(), Some([_] | [_, 1])) {
            let hint = "A column is a tensor of shape [n] or [n, 1].";
            return Err(Failure::invalid(format!("The input '{name}' has a wrong shape")).with_hint(hint));
        }
        if *rows.get_or_insert(values.len()) != values.len() {
            return Err(Failure::invalid(format!(
                "The input '{name}' has {} rows and the ones before it {}",
                values.len(),
                rows.unwrap_or_default()
            )));
        }
        data.push((place, values));
    }
    for row in 0..rows.unwrap_or_default() {
        filler.begin()?;
        for (place, values) in &data {
            filler.set(*place, values[row].plain(columns.kind(*place)))?;
        }
        filler.end()?;
    }
    no_rows(filler)
}

fn no_rows<S: Sink>(filler: &Filler<'_, S>) -> Result<(), Failure> {
    if filler.rows() == 0 {
        return Err(Failure::invalid("There are no rows in the request"));
    }
    Ok(())
}

/// The data of an input, which must have as many values as its shape says, of its datatype.
/// `place` says the row and the column of a value.
fn checked<'t, 'n>(
    input: &'t Tensor<'_>,
    place: impl Fn(usize) -> (usize, &'n str),
) -> Result<&'t [Scalar<'t>], Failure> {
    let name = input.name.as_deref().unwrap_or_default();
    let lacks = |what: &str| Failure::malformed(format!("The input '{name}' has no {what}"));
    let datatype = input.datatype.as_deref().ok_or_else(|| lacks("datatype"))?;
    let kind = Datatype::parse(datatype).ok_or_else(|| {
        let short: String = datatype.chars().take(20).collect();
        Failure::invalid(format!(
            "The input '{name}' has the datatype '{short}', which is not supported"
        ))
        .with_hint("FP32, FP64, INT8 to INT64, UINT8 to UINT64, BOOL and BYTES are.")
    })?;
    let shape = input.shape.as_deref().ok_or_else(|| lacks("shape"))?;
    let data = input.data.as_deref().ok_or_else(|| lacks("data"))?;
    let size = shape.iter().try_fold(1_u64, |size, part| size.checked_mul(*part));
    if size != Some(data.len() as u64) {
        return Err(Failure::invalid(format!(
            "The input '{name}' has {} values, which its shape {shape:?} does not have",
            data.len()
        )));
    }
    if let Some(index) = data.iter().position(|value| !kind.takes(value)) {
        let (row, column) = place(index);
        let found = match &data[index] {
            Scalar::Null => "null".to_owned(),
            Scalar::Boolean(value) => value.to_string(),
            Scalar::Number(number, _) => format!("the number {number}"),
            Scalar::Text(text) => format!("the text '{}'", text.chars().take(40).collect::<String>()),
        };
        return Err(Failure::field(
            row,
            FieldError {
                column: column.to_owned(),
                expected: format!("a value of {datatype} or null"),
                found,
            },
        ));
    }
    Ok(data)
}
