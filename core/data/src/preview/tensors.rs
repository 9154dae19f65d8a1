//! The header of a safetensors file: eight bytes with its length, then JSON.

use serde_json::{Map, Value};

use super::range::{Counted, megabytes};
use super::{Tensor, TensorsPreview};
use crate::error::Result;

/// What the header of the file says, or why it is none.
pub(super) fn preview(head: &[u8], source: &mut Counted<'_>) -> Result<Result<TensorsPreview, String>> {
    let Some(length) = head
        .get(..8)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u64::from_le_bytes)
    else {
        return Ok(Err("it is shorter than eight bytes".to_owned()));
    };
    let total = source.bytes();
    if length > total - 8 {
        return Ok(Err("its header would be longer than the file".to_owned()));
    }
    if length > source.left() {
        return Ok(Err(format!(
            "its header has {}, which is more than is read for a preview",
            megabytes(length)
        )));
    }
    let end = 8 + length;
    let mut bytes = head[8..(head.len() as u64).min(end) as usize].to_vec();
    if (head.len() as u64) < end {
        bytes.extend(source.read(head.len() as u64..end)?);
    }
    Ok(header(&bytes, total - end))
}

fn header(bytes: &[u8], data_bytes: u64) -> Result<TensorsPreview, String> {
    let entries: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|error| format!("its header is not JSON ({error})"))?;
    let mut found = TensorsPreview {
        tensors: vec![],
        metadata: vec![],
        parameters: 0,
    };
    for (name, entry) in entries {
        if name == "__metadata__" {
            let texts = entry.as_object().into_iter().flatten();
            found.metadata = texts
                .map(|(key, value)| {
                    (
                        key.clone(),
                        value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                    )
                })
                .collect();
            continue;
        }
        let tensor = tensor(&name, &entry, data_bytes)
            .ok_or_else(|| format!("what it says of the tensor '{name}' makes no sense"))?;
        let numbers = tensor
            .shape
            .iter()
            .try_fold(1_u64, |product, size| product.checked_mul(*size));
        found.parameters = found.parameters.saturating_add(numbers.unwrap_or(u64::MAX));
        found.tensors.push(tensor);
    }
    Ok(found)
}

fn tensor(name: &str, entry: &Value, data_bytes: u64) -> Option<Tensor> {
    let shape = entry["shape"]
        .as_array()?
        .iter()
        .map(Value::as_u64)
        .collect::<Option<_>>()?;
    let offsets = entry["data_offsets"].as_array()?;
    let (start, end) = (offsets.first()?.as_u64()?, offsets.get(1)?.as_u64()?);
    if start > end || end > data_bytes || offsets.len() != 2 {
        return None;
    }
    Some(Tensor {
        name: name.to_owned(),
        dtype: entry["dtype"].as_str()?.to_owned(),
        shape,
        bytes: end - start,
    })
}
