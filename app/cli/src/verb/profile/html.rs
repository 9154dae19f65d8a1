//! The profile as one page that needs nothing but itself: no network and no script.

use aloft_data::{ColumnProfile, ColumnType, Finding, FindingKind, Profile, Scalar, Severity, TopValue};

use super::svg;
use crate::text::{count, number};

/// Of wider tables only so many columns are drawn.
const MOST_COLUMNS: usize = 1000;

/// The page of a file.
pub(super) fn page(name: &str, profile: &Profile) -> String {
    let title = escaped(name);
    let values = profile.rows * profile.columns.len() as u64;
    let missing: u64 = profile.columns.iter().map(|column| column.nulls).sum();
    let repeats = profile.repeats.as_ref().map_or_else(String::new, |repeats| {
        let sign = if repeats.is_estimate { "≈ " } else { "" };
        tile(&format!("{sign}{}", count(repeats.rows)), "repeated rows")
    });
    let tiles = [
        tile(&count(profile.rows), "rows"),
        tile(&count(profile.columns.len() as u64), "columns"),
        tile(&share(missing, values), "values missing"),
        repeats,
        tile(&count(profile.findings.len() as u64), "findings"),
    ];
    let shown = &profile.columns[..profile.columns.len().min(MOST_COLUMNS)];
    let left_out = profile.columns.len() - shown.len();
    let more = if left_out > 0 {
        format!(
            "<p class=\"soft\">{} more columns are not shown.</p>",
            count(left_out as u64)
        )
    } else {
        String::new()
    };
    let cards: String = shown
        .iter()
        .enumerate()
        .map(|(at, column)| card(at, column, profile.rows))
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title} – profile</title>\
         <style>{}</style></head><body><main><header><h1>{title}</h1><div class=\"soft\">What is in each column</div>\
         <ul class=\"tiles\">{}</ul></header>{}{}<h2>Columns</h2>{}{more}<h2>Column by column</h2>{cards}\
         <footer>{}Made by Aloft {}</footer></main></body></html>\n",
        include_str!("report.css"),
        tiles.concat(),
        warnings(profile),
        findings(&profile.findings),
        overview(shown, profile.rows),
        approximate_note(profile),
        env!("CARGO_PKG_VERSION"),
    )
}

/// A text that means itself in HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            // Marks that would turn the direction of what follows.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => safe.push('\u{fffd}'),
            letter if letter.is_control() && letter != '\n' => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}

fn tile(figure: &str, what: &str) -> String {
    format!("<li><b>{figure}</b><span class=\"soft\">{what}</span></li>")
}

fn share(part: u64, whole: u64) -> String {
    match (part, whole) {
        (0, _) | (_, 0) => "0 %".to_owned(),
        _ => {
            let percent = part as f64 * 100.0 / whole as f64;
            if percent < 0.1 {
                "&lt; 0.1 %".to_owned()
            } else {
                format!("{} %", number((percent * 10.0).round() / 10.0))
            }
        }
    }
}

fn warnings(profile: &Profile) -> String {
    if profile.warnings.is_empty() {
        return String::new();
    }
    let items: Vec<String> = profile
        .warnings
        .iter()
        .map(|warning| format!("<li>{}</li>", escaped(warning)))
        .collect();
    format!(
        "<h2>How it was read</h2><div class=\"card\"><ul>{}</ul></div>",
        items.concat()
    )
}

fn findings(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "<h2>Findings</h2><p class=\"card\">Nothing that looks wrong was found.</p>".to_owned();
    }
    let cards: String = findings.iter().map(finding).collect();
    format!("<h2>Findings</h2>{cards}")
}

fn finding(finding: &Finding) -> String {
    let (class, word) = match finding.severity {
        Severity::Note => ("note", "Note"),
        Severity::Warning => ("warning", "Warning"),
        Severity::Problem => ("problem", "Problem"),
    };
    let evidence: Vec<String> = finding
        .evidence
        .iter()
        .map(|evidence| {
            let row = evidence.row.map(|row| format!("row {}", count(row + 1)));
            let value = evidence.value.as_deref().map(escaped);
            let times = evidence.count.map(|times| match times {
                1 => "1 row".to_owned(),
                _ => format!("{} rows", count(times)),
            });
            let figure = evidence.figure.map(|figure| match finding.kind {
                FindingKind::CorrelatedColumns => format!("correlation {figure:.4}"),
                _ => format!("tells {:.1} %", figure * 100.0),
            });
            let parts: Vec<String> = [row, value, times, figure].into_iter().flatten().collect();
            format!("<li>{}</li>", parts.join(" · "))
        })
        .collect();
    let evidence = if evidence.is_empty() {
        String::new()
    } else {
        format!("<ul>{}</ul>", evidence.concat())
    };
    let sampled = finding.sampled_rows.map_or_else(String::new, |rows| {
        format!(" <span class=\"soft\">(in a sample of {} rows)</span>", count(rows))
    });
    format!(
        "<section class=\"card finding {class}\"><p><span class=\"word\">{word}</span> {}{sampled}</p>\
         <p class=\"advice\">{}</p>{evidence}</section>",
        escaped(&finding.message),
        escaped(&finding.advice)
    )
}

fn overview(columns: &[ColumnProfile], rows: u64) -> String {
    let body: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let drawing = match &column.histogram {
                Some(histogram) => svg::small(&histogram.counts),
                None if is_any_frequent(column) => {
                    svg::small(&column.top.iter().map(|top| top.count).collect::<Vec<_>>())
                }
                None => String::new(),
            };
            let lacks = if column.nulls > 0 { " class=\"lacks\"" } else { "" };
            format!(
                "<tr><td><a href=\"#c{at}\">{}</a></td><td class=\"left soft\">{}</td><td>{drawing}</td>\
                 <td{lacks}>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escaped(&column.name),
                column.kind.label(),
                share(column.nulls, rows),
                super::distinct(column),
                scalar(column.min.as_ref()),
                column.mean.map_or_else(String::new, number),
                scalar(column.max.as_ref()),
            )
        })
        .collect();
    format!(
        "<div class=\"scroll\"><table><thead><tr><th>Column</th><th class=\"left\">Type</th><th class=\"left\">Distribution</th>\
         <th>Missing</th><th>Distinct</th><th>Smallest</th><th>Mean</th><th>Largest</th></tr></thead>\
         <tbody>{}</tbody></table></div>",
        body.concat()
    )
}

fn card(at: usize, column: &ColumnProfile, rows: u64) -> String {
    let drawing = match (&column.calendar, &column.histogram) {
        (Some(calendar), _) => svg::calendar(calendar),
        (None, Some(histogram)) => svg::large(histogram, |value| edge(column.kind, value)),
        (None, None) => String::new(),
    };
    let quartiles = match (ends(column), column.quantiles) {
        (Some(ends), Some(q)) => svg::quartiles(ends, [q.p05, q.p25, q.p50, q.p75, q.p95]),
        _ => String::new(),
    };
    let figures: Vec<String> = figures(column, rows)
        .into_iter()
        .map(|(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>"))
        .collect();
    let shapes = column
        .text
        .as_ref()
        .filter(|text| column.distinct > 1 && !text.shapes.is_empty());
    let shapes = shapes.map_or_else(String::new, |text| {
        let about = if text.are_shapes_sampled { "≈ " } else { "" };
        format!("<h4>Shapes</h4>{}", values(&text.shapes, "values shapes", about))
    });
    let sign = if column.approximate.is_some_and(|approximate| approximate.top) {
        "≈ "
    } else {
        ""
    };
    let top = if is_any_frequent(column) {
        format!("<h4>Most frequent</h4>{}", values(&column.top, "values", sign))
    } else {
        String::new()
    };
    format!(
        "<section class=\"card\" id=\"c{at}\"><div class=\"head\"><h3>{}</h3><span class=\"type\">{}</span></div>\
         <dl class=\"figures\">{}</dl>{drawing}{quartiles}{top}{shapes}</section>",
        escaped(&column.name),
        column.kind.label(),
        figures.concat(),
    )
}

/// Whether the most frequent values say more than that all are different.
fn is_any_frequent(column: &ColumnProfile) -> bool {
    column
        .top
        .first()
        .is_some_and(|top| top.count > 1 || column.distinct <= 10)
}

fn figures(column: &ColumnProfile, rows: u64) -> Vec<(&'static str, String)> {
    let sign = |is_approximate: bool| if is_approximate { "≈ " } else { "" };
    let approximate = column.approximate.unwrap_or_default();
    let missing = if column.nulls == 0 {
        "none".to_owned()
    } else {
        format!("{} ({})", count(column.nulls), share(column.nulls, rows))
    };
    let mut all = vec![("Missing", missing), ("Distinct", super::distinct(column))];
    let mut add = |name, value: Option<String>| all.extend(value.map(|value| (name, value)));
    add("Smallest", column.min.as_ref().map(|value| scalar(Some(value))));
    add("Largest", column.max.as_ref().map(|value| scalar(Some(value))));
    add("Mean", column.mean.map(number));
    add("Standard deviation", column.std.map(number));
    let quantile = |value: f64| format!("{}{}", sign(approximate.quantiles), number(value));
    add("Median", column.quantiles.map(|q| quantile(q.p50)));
    add(
        "5 % to 95 %",
        column
            .quantiles
            .map(|q| format!("{} to {}", quantile(q.p05), number(q.p95))),
    );
    add("Skewness", column.skew.map(number));
    add("Excess kurtosis", column.kurtosis.map(number));
    add("Zeros", column.zeros.map(count));
    add("Negative", column.negatives.map(count));
    let outliers = column
        .outliers
        .map(|outliers| format!("{}{}", sign(approximate.quantiles), count(outliers)));
    add("Outliers (1.5 IQR)", outliers);
    add("NaN", (column.nan > 0).then(|| count(column.nan)));
    add("Infinite", (column.infinite > 0).then(|| count(column.infinite)));
    if let Some(text) = &column.text {
        add(
            "Length",
            Some(format!(
                "{} to {} characters",
                count(text.shortest),
                count(text.longest)
            )),
        );
        add("Mean length", Some(number((text.mean_length * 10.0).round() / 10.0)));
        add("Empty", (text.empty > 0).then(|| count(text.empty)));
    }
    all
}

fn values(top: &[TopValue], class: &str, sign: &str) -> String {
    let most = top.iter().map(|top| top.count).max().unwrap_or(1).max(1);
    let rows: Vec<String> = top
        .iter()
        .map(|top| {
            let text = if top.value.is_empty() {
                "(empty)".to_owned()
            } else {
                escaped(&top.value)
            };
            format!(
                "<span title=\"{text}\">{text}</span><i style=\"width:{:.1}%\"></i><em>{sign}{}</em>",
                top.count as f64 * 100.0 / most as f64,
                count(top.count)
            )
        })
        .collect();
    format!("<div class=\"{class}\">{}</div>", rows.concat())
}

fn scalar(value: Option<&Scalar>) -> String {
    match value {
        None => String::new(),
        Some(Scalar::Integer(value)) if value.unsigned_abs() >= 10_000 => {
            let sign = if *value < 0 { "−" } else { "" };
            format!("{sign}{}", count(value.unsigned_abs()))
        }
        // More digits than a person reads.
        Some(Scalar::Float(value)) if value.to_string().len() > 12 => number(*value),
        Some(value) => escaped(&value.to_string()),
    }
}

/// The smallest and the largest number.
fn ends(column: &ColumnProfile) -> Option<[f64; 2]> {
    let float = |value: &Option<Scalar>| match value {
        Some(Scalar::Integer(value)) => Some(*value as f64),
        Some(Scalar::Float(value)) => Some(*value),
        _ => None,
    };
    Some([float(&column.min)?, float(&column.max)?])
}

/// The edge of a bin as it is read.
fn edge(kind: ColumnType, value: f64) -> String {
    match kind {
        ColumnType::Time => {
            let seconds = value.round() as u64;
            format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
        }
        ColumnType::Date | ColumnType::Datetime => {
            let text = aloft_base::time::to_rfc3339((value * 1000.0) as i64);
            text.get(..10).unwrap_or(&text).to_owned()
        }
        ColumnType::Duration => format!("{} s", number(value)),
        _ => number(value),
    }
}

fn approximate_note(profile: &Profile) -> &'static str {
    if profile.columns.iter().any(|column| column.approximate.is_some()) {
        "≈ is approximate: there are too many different values to keep. "
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_cannot_become_markup() {
        assert_eq!(escaped("<b a=\"1\">'&"), "&lt;b a=&quot;1&quot;&gt;&#39;&amp;");
        let mut column = ColumnProfile::new("<script>alert(1)</script>", ColumnType::String);
        column.distinct = 1;
        column.top = vec![TopValue {
            value: "<img src=x>".to_owned(),
            count: 3,
        }];
        let profile = Profile {
            rows: 3,
            columns: vec![column],
            warnings: vec!["<i>".to_owned()],
            ..Profile::default()
        };
        let page = page("a<b>.csv", &profile);
        for mark in ["<script", "<img", "<i>", "a<b>"] {
            assert!(!page.contains(mark), "{mark}");
        }
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    }

    #[test]
    fn shares_are_short() {
        assert_eq!(share(0, 0), "0 %");
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!(share(1, 100_000), "&lt; 0.1 %");
    }
}
