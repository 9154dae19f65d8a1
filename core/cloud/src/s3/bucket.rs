//! Buckets: made, deleted, and looked at.

use bytes::Bytes;
use futures_util::future::join_all;
use http::Method;

use super::call::Call;
use super::{S3, lifecycle, sign, text_of};
use crate::error::{CloudError, Meaning, Result};
use crate::http::Ask;
use crate::store::BucketDetails;
use crate::xml::Element;

/// The groups of people that a grant may be for, as they end.
const EVERYBODY: &str = "/global/AllUsers";
const ANY_ACCOUNT: &str = "/global/AuthenticatedUsers";

/// One setting of a bucket, as far as it may be read.
enum Setting {
    Is(Element),
    /// It was never set.
    None,
    /// The server knows no such thing.
    Unknown,
    /// Why it could not be read.
    Unread(String),
}

impl Setting {
    fn node(&self) -> Option<&Element> {
        match self {
            Self::Is(node) => Some(node),
            _ => None,
        }
    }

    /// The setting in words; `none` where it was never set.
    fn words(&self, none: &str, known: impl FnOnce(&Element) -> String) -> String {
        match self {
            Self::Is(node) => known(node),
            Self::None => none.to_owned(),
            Self::Unknown => "This server does not say".to_owned(),
            Self::Unread(why) => why.clone(),
        }
    }
}

impl S3 {
    pub(super) async fn make_bucket(&self, name: &str) -> Result<()> {
        let ask = Ask::new("create", text_of(name, ""));
        let region = self.client.region();
        if region != "us-east-1" {
            let mut call = Call::new(Method::PUT, name, "", &[]);
            let body = format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            );
            call.payload = sign::hash(body.as_bytes());
            call.body = Bytes::from(body);
            call.header("content-type", "application/xml")?;
            match self.client.whole(&ask, &call).await {
                Ok(_) => return Ok(()),
                // The region may be one that only the signature knows.
                Err(error) if !self.client.is_amazon() && error.meaning() == Some(Meaning::Invalid) => {}
                Err(error) => return Err(error),
            }
        }
        let call = Call::new(Method::PUT, name, "", &[]);
        self.client.whole(&ask, &call).await?;
        Ok(())
    }

    pub(super) async fn remove_bucket(&self, name: &str) -> Result<()> {
        let ask = Ask::new("delete", text_of(name, ""));
        let call = Call::new(Method::DELETE, name, "", &[]);
        self.client.whole(&ask, &call).await?;
        Ok(())
    }

    /// Learns the region of a bucket where that is not known yet: Amazon tells it with any answer.
    pub(super) async fn find_region(&self, bucket: &str) -> Result<()> {
        if !self.client.is_amazon() {
            return Ok(());
        }
        let ask = Ask::new("find the region of", text_of(bucket, ""));
        let call = Call::new(Method::HEAD, bucket, "", &[]);
        match self.client.whole(&ask, &call).await {
            Ok((parts, _)) => {
                let region = parts
                    .headers
                    .get("x-amz-bucket-region")
                    .and_then(|region| region.to_str().ok());
                if let Some(region) = region {
                    self.client.remember_region(bucket, region);
                }
                Ok(())
            }
            // Who may read an object may not be allowed to look at its bucket; its region is known all the same.
            Err(CloudError::Refused(refusal)) if refusal.meaning == Meaning::PermissionDenied => {
                if let Some(region) = &refusal.region {
                    self.client.remember_region(bucket, region);
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn look_at_bucket(&self, bucket: &str) -> Result<BucketDetails> {
        self.find_region(bucket).await?;
        let names = [
            "location",
            "versioning",
            "encryption",
            "publicAccessBlock",
            "policyStatus",
            "acl",
            "lifecycle",
            "object-lock",
        ];
        let settings = join_all(names.iter().map(|name| self.setting(bucket, name))).await;
        let settings: Result<Vec<Setting>> = settings.into_iter().collect();
        let Ok::<[Setting; 8], _>([location, versioning, encryption, block, policy, acl, rules, lock]) =
            settings?.try_into()
        else {
            unreachable!("as many settings come back as were asked for")
        };
        let region = match location
            .node()
            .map(|node| node.text.trim().to_owned() + node.text_of("LocationConstraint"))
        {
            Some(region) if region == "EU" => Some("eu-west-1".to_owned()),
            Some(region) if !region.is_empty() => Some(region),
            _ => Some(self.client.region_of(bucket).to_string()),
        };
        let mut details = BucketDetails {
            region,
            ..BucketDetails::default()
        };
        let mut fact = |label: &str, words: String| details.facts.push((label.to_owned(), words));
        fact("Versioning", versioning.words("Off", versioning_in_words));
        fact("Encryption", encryption.words("None by default", encryption_in_words));
        fact("Public access", block.words("Not blocked", block_in_words));
        fact("Object lock", lock.words("Off", lock_in_words));
        details.warnings = warnings(block.node(), policy.node(), acl.node());
        details.lifecycle = match &rules {
            Setting::Is(node) => lifecycle::in_words(node),
            Setting::None => vec![],
            other => vec![format!("Lifecycle rules: {}", other.words("", |_| String::new()))],
        };
        Ok(details)
    }

    async fn setting(&self, bucket: &str, name: &str) -> Result<Setting> {
        let ask = Ask::new("look at", text_of(bucket, ""));
        let call = Call::new(Method::GET, bucket, "", &[(name, "")]);
        match self.client.whole(&ask, &call).await {
            Ok((_, body)) => Ok(Element::parse(&body).map_or(Setting::Unknown, Setting::Is)),
            Err(CloudError::Refused(refusal)) => match refusal.meaning {
                Meaning::NoBucket | Meaning::Unauthenticated | Meaning::Expired | Meaning::ClockSkew => {
                    Err(CloudError::Refused(refusal))
                }
                Meaning::Unsupported | Meaning::Invalid => Ok(Setting::Unknown),
                Meaning::NotFound => Ok(Setting::None),
                Meaning::PermissionDenied => Ok(Setting::Unread("This sign-in may not see it".to_owned())),
                _ => Ok(Setting::Unread(format!("Could not be read ({})", refusal.code))),
            },
            Err(error) => Err(error),
        }
    }
}

fn versioning_in_words(node: &Element) -> String {
    let state = match node.text_of("Status") {
        "Enabled" => "On",
        "Suspended" => "Suspended: old versions stay, new ones are not kept",
        _ => "Off",
    };
    if node.text_of("MfaDelete") == "Enabled" {
        format!("{state}, deleting a version needs a device's code")
    } else {
        state.to_owned()
    }
}

fn encryption_in_words(node: &Element) -> String {
    let default = node
        .child("Rule")
        .and_then(|rule| rule.child("ApplyServerSideEncryptionByDefault"))
        .cloned()
        .unwrap_or_default();
    let key = default.text_of("KMSMasterKeyID");
    match (default.text_of("SSEAlgorithm"), key) {
        ("", _) => "None by default".to_owned(),
        ("AES256", _) => "SSE-S3".to_owned(),
        ("aws:kms", "") => "SSE-KMS with the account's own key".to_owned(),
        ("aws:kms", key) => format!("SSE-KMS with key {key}"),
        (other, "") => other.to_owned(),
        (other, key) => format!("{other} with key {key}"),
    }
}

fn block_in_words(node: &Element) -> String {
    let on = |name: &str| node.text_of(name) == "true";
    let all = [
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    ];
    match all.iter().filter(|name| on(name)).count() {
        4 => "Blocked".to_owned(),
        0 => "Not blocked".to_owned(),
        _ => "Blocked in part".to_owned(),
    }
}

fn lock_in_words(node: &Element) -> String {
    let retention = node
        .child("Rule")
        .and_then(|rule| rule.child("DefaultRetention"))
        .cloned()
        .unwrap_or_default();
    let (mode, days, years) = (
        retention.text_of("Mode").to_ascii_lowercase(),
        retention.text_of("Days"),
        retention.text_of("Years"),
    );
    match (node.text_of("ObjectLockEnabled"), days, years) {
        ("Enabled", "", "") => "On".to_owned(),
        ("Enabled", days, "") => format!("On: new objects are kept for {days} days ({mode})"),
        ("Enabled", _, years) => format!("On: new objects are kept for {years} years ({mode})"),
        _ => "Off".to_owned(),
    }
}

/// Who else may do what. A block of public access makes grants and policies void.
fn warnings(block: Option<&Element>, policy: Option<&Element>, acl: Option<&Element>) -> Vec<String> {
    let blocked = |name: &str| block.is_some_and(|node| node.text_of(name) == "true");
    let mut warnings = vec![];
    if policy.is_some_and(|node| node.text_of("IsPublic") == "true") && !blocked("RestrictPublicBuckets") {
        warnings.push("The policy of this bucket lets anybody on the internet in.".to_owned());
    }
    if blocked("IgnorePublicAcls") {
        return warnings;
    }
    let grants = acl.and_then(|node| node.child("AccessControlList"));
    for grant in grants.iter().flat_map(|list| list.all("Grant")) {
        let group = grant.child("Grantee").map_or("", |grantee| grantee.text_of("URI"));
        let who = if group.ends_with(EVERYBODY) {
            "Anybody on the internet"
        } else if group.ends_with(ANY_ACCOUNT) {
            "Anybody with an AWS account"
        } else {
            continue;
        };
        let what = match grant.text_of("Permission") {
            "READ" => "may list this bucket",
            "WRITE" => "may write to this bucket and delete from it",
            "READ_ACP" => "may see who has access to this bucket",
            "WRITE_ACP" => "may give access to this bucket to others",
            _ => "may do anything with this bucket",
        };
        warnings.push(format!("{who} {what}."));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Element {
        Element::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn public_grants_are_warned_of_unless_they_are_void() {
        let acl = node(
            "<AccessControlPolicy><AccessControlList>\
             <Grant><Grantee><ID>me</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>\
             <Grant><Grantee><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee>\
             <Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>",
        );
        let policy = node("<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>");
        assert_eq!(
            warnings(None, Some(&policy), Some(&acl)),
            [
                "The policy of this bucket lets anybody on the internet in.",
                "Anybody on the internet may list this bucket.",
            ]
        );
        let block = node(
            "<PublicAccessBlockConfiguration><IgnorePublicAcls>true</IgnorePublicAcls>\
             <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
        );
        assert!(warnings(Some(&block), Some(&policy), Some(&acl)).is_empty());
        assert_eq!(block_in_words(&block), "Blocked in part");
    }

    #[test]
    fn settings_are_told_in_words() {
        let versioning = node("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
        assert_eq!(versioning_in_words(&versioning), "On");
        let encryption = node(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:k</KMSMasterKeyID>\
             </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
        );
        assert_eq!(encryption_in_words(&encryption), "SSE-KMS with key arn:k");
        let lock = node(
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
             <Mode>GOVERNANCE</Mode><Days>10</Days></DefaultRetention></Rule></ObjectLockConfiguration>",
        );
        assert_eq!(
            lock_in_words(&lock),
            "On: new objects are kept for 10 days (governance)"
        );
        assert_eq!(Setting::None.words("Off", versioning_in_words), "Off");
    }
}
