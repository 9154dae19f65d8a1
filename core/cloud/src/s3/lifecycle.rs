//! Lifecycle rules of a bucket, in words.

use crate::xml::Element;

/// The rules of a lifecycle configuration, each as one or more sentences in the order they are in.
pub(super) fn in_words(configuration: &Element) -> Vec<String> {
    configuration.all("Rule").flat_map(rule).collect()
}

fn rule(rule: &Element) -> Vec<String> {
    let which = Which::of(rule);
    let mut actions = vec![];
    if let Some(expiration) = rule.child("Expiration") {
        if let Some(when) = when(expiration) {
            actions.push(format!("{} are deleted {when}", which.objects("Objects")));
        }
        if expiration.text_of("ExpiredObjectDeleteMarker") == "true" {
            actions.push(format!(
                "{} are removed once no version is left behind them",
                which.objects("Delete markers")
            ));
        }
    }
    for transition in rule.all("Transition") {
        if let Some(when) = when(transition) {
            let class = transition.text_of("StorageClass");
            actions.push(format!(
                "{} move to {} {when}",
                which.objects("Objects"),
                class_label(class)
            ));
        }
    }
    if let Some(expiration) = rule.child("NoncurrentVersionExpiration") {
        let days = expiration.text_of("NoncurrentDays");
        let kept = kept(expiration);
        if !days.is_empty() {
            actions.push(format!(
                "{} are deleted {} after a newer one replaced them{kept}",
                which.objects("Old versions"),
                days_of(days)
            ));
        }
    }
    for transition in rule.all("NoncurrentVersionTransition") {
        actions.push(format!(
            "{} move to {} {} after a newer one replaced them{}",
            which.objects("Old versions"),
            class_label(transition.text_of("StorageClass")),
            days_of(transition.text_of("NoncurrentDays")),
            kept(transition)
        ));
    }
    if let Some(abort) = rule.child("AbortIncompleteMultipartUpload") {
        actions.push(format!(
            "{} are removed {} after they were begun",
            which.objects("Unfinished uploads"),
            days_of(abort.text_of("DaysAfterInitiation"))
        ));
    }
    if actions.is_empty() {
        actions.push(format!(
            "A rule for {} does something this version of Aloft does not know",
            which.objects("objects")
        ));
    }
    if rule.text_of("Status") == "Disabled" {
        for action in &mut actions {
            action.push_str(" (switched off)");
        }
    }
    actions
}

/// "30 days after they were written", or "on 2027-01-01"; nothing where the rule says neither.
fn when(action: &Element) -> Option<String> {
    let (days, date) = (action.text_of("Days"), action.text_of("Date"));
    if !date.is_empty() {
        return Some(format!("on {}", date.split('T').next().unwrap_or(date)));
    }
    match days {
        "" => None,
        "0" => Some("at once".to_owned()),
        _ => Some(format!("{} after they were written", days_of(days))),
    }
}

fn kept(action: &Element) -> String {
    match action.text_of("NewerNoncurrentVersions") {
        "" => String::new(),
        count => format!(", but the newest {count} of them stay"),
    }
}

fn days_of(count: &str) -> String {
    if count == "1" {
        "1 day".to_owned()
    } else {
        format!("{count} days")
    }
}

fn class_label(class: &str) -> &str {
    match class {
        "STANDARD_IA" => "Standard-Infrequent Access",
        "ONEZONE_IA" => "One Zone-Infrequent Access",
        "INTELLIGENT_TIERING" => "Intelligent-Tiering",
        "GLACIER_IR" => "Glacier Instant Retrieval",
        "GLACIER" => "Glacier Flexible Retrieval",
        "DEEP_ARCHIVE" => "Glacier Deep Archive",
        "" => "another storage class",
        other => other,
    }
}

/// Which objects a rule is about.
struct Which {
    prefix: String,
    conditions: Vec<String>,
}

impl Which {
    fn of(rule: &Element) -> Self {
        // Old rules have their prefix outside of a filter.
        let mut prefix = rule.text_of("Prefix").to_owned();
        let mut conditions = vec![];
        let filter = rule.child("Filter");
        for place in [filter, filter.and_then(|filter| filter.child("And"))]
            .into_iter()
            .flatten()
        {
            if !place.text_of("Prefix").is_empty() {
                place.text_of("Prefix").clone_into(&mut prefix);
            }
            for tag in place.all("Tag") {
                conditions.push(format!("tagged {} = {}", tag.text_of("Key"), tag.text_of("Value")));
            }
            for (name, words) in [
                ("ObjectSizeGreaterThan", "larger than"),
                ("ObjectSizeLessThan", "smaller than"),
            ] {
                if let Ok(bytes) = place.text_of(name).parse::<u64>() {
                    conditions.push(format!("{words} {}", size(bytes)));
                }
            }
        }
        Self { prefix, conditions }
    }

    /// "Objects under logs/ tagged a = b and larger than 1 MiB".
    fn objects(&self, what: &str) -> String {
        let mut text = what.to_owned();
        if self.prefix.ends_with('/') {
            text.push_str(" under ");
            text.push_str(&self.prefix);
        } else if !self.prefix.is_empty() {
            text.push_str(" whose key begins with ");
            text.push_str(&self.prefix);
        }
        if !self.conditions.is_empty() {
            text.push(' ');
            text.push_str(&self.conditions.join(" and "));
        }
        text
    }
}

/// Bytes in the largest unit that divides them.
fn size(bytes: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes != 0 && bytes.trailing_zeros() >= shift {
            return format!("{} {unit}", bytes >> shift);
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(rule: &str) -> Vec<String> {
        let text = format!("<LifecycleConfiguration><Rule>{rule}</Rule></LifecycleConfiguration>");
        in_words(&Element::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn each_action_is_a_sentence() {
        assert_eq!(
            words(
                "<Filter><Prefix>logs/</Prefix></Filter><Status>Enabled</Status>\
                 <Expiration><Days>30</Days></Expiration>"
            ),
            ["Objects under logs/ are deleted 30 days after they were written"]
        );
        assert_eq!(
            words(
                "<Prefix>tmp</Prefix><Status>Disabled</Status><Transition><Days>1</Days>\
                 <StorageClass>STANDARD_IA</StorageClass></Transition>\
                 <AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
            ),
            [
                "Objects whose key begins with tmp move to Standard-Infrequent Access 1 day after they were written \
                 (switched off)",
                "Unfinished uploads whose key begins with tmp are removed 7 days after they were begun (switched off)",
            ]
        );
    }

    #[test]
    fn conditions_dates_and_old_versions_are_told() {
        assert_eq!(
            words(
                "<Filter><And><Prefix>a/</Prefix><Tag><Key>team</Key><Value>ml</Value></Tag>\
                 <ObjectSizeGreaterThan>1048576</ObjectSizeGreaterThan></And></Filter><Status>Enabled</Status>\
                 <Expiration><Date>2027-01-01T00:00:00Z</Date></Expiration>"
            ),
            ["Objects under a/ tagged team = ml and larger than 1 MiB are deleted on 2027-01-01"]
        );
        assert_eq!(
            words(
                "<Filter/><Status>Enabled</Status><NoncurrentVersionExpiration><NoncurrentDays>90</NoncurrentDays>\
                 <NewerNoncurrentVersions>3</NewerNoncurrentVersions></NoncurrentVersionExpiration>\
                 <Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
            ),
            [
                "Delete markers are removed once no version is left behind them",
                "Old versions are deleted 90 days after a newer one replaced them, but the newest 3 of them stay",
            ]
        );
    }

    #[test]
    fn an_unknown_action_is_not_passed_over() {
        assert_eq!(
            words("<Status>Enabled</Status><Fold/>"),
            ["A rule for objects does something this version of Aloft does not know"]
        );
    }
}
