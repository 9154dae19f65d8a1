//! The media type of an object, guessed from the end of its key.

/// The media type that a key's extension stands for; `application/octet-stream` when it says nothing.
pub(crate) fn of_key(key: &str) -> &'static str {
    let name = key.rsplit('/').next().unwrap_or(key);
    let extension = name
        .rsplit_once('.')
        .map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase());
    match extension.as_str() {
        "csv" => "text/csv",
        "tsv" => "text/tab-separated-values",
        "txt" | "log" => "text/plain",
        "md" => "text/markdown",
        "html" | "htm" => "text/html",
        "json" | "ipynb" => "application/json",
        "jsonl" | "ndjson" => "application/x-ndjson",
        "xml" => "application/xml",
        "yaml" | "yml" => "application/yaml",
        "toml" => "application/toml",
        "parquet" => "application/vnd.apache.parquet",
        "arrow" | "feather" => "application/vnd.apache.arrow.file",
        "pdf" => "application/pdf",
        "zip" | "npz" => "application/zip",
        "gz" | "tgz" => "application/gzip",
        "zst" => "application/zstd",
        "tar" => "application/x-tar",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "tif" | "tiff" => "image/tiff",
        "bmp" => "image/bmp",
        "svg" => "image/svg+xml",
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "flac" => "audio/flac",
        "mp4" => "video/mp4",
        _ => "application/octet-stream",
    }
}

/// What was asked for, else what the key says.
pub(crate) fn chosen<'a>(asked: &'a str, key: &str) -> &'a str {
    if asked.is_empty() { of_key(key) } else { asked }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_says_what_it_is() {
        assert_eq!(of_key("a.b/c.CSV"), "text/csv");
        assert_eq!(of_key("a.csv/c"), "application/octet-stream");
        assert_eq!(chosen("x/y", "c.csv"), "x/y");
        assert_eq!(chosen("", "c.csv"), "text/csv");
    }
}
