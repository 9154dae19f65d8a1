//! What can be had without typing: profiles of this machine, and the block of keys that people copy.

use std::path::{Path, PathBuf};

use aloft_base::Redacted;
use aloft_base::connection::SignIn;
use aloft_base::secret::Secrets;
use serde::Serialize;

/// A profile of AWS's own tools on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundProfile {
    pub name: String,
    /// How it signs in, in a few words.
    pub how: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
}

/// The profiles of this machine, in the order of their names. Files that cannot be read hold none.
pub fn found_profiles() -> Vec<FoundProfile> {
    let home = ["HOME", "USERPROFILE"].into_iter().find_map(aloft_base::env::path);
    let file = |variable: &str, name: &str| -> Option<PathBuf> {
        aloft_base::env::path(variable).or_else(|| home.as_ref().map(|home| home.join(".aws").join(name)))
    };
    let read = |path: Option<PathBuf>| {
        path.and_then(|path: PathBuf| std::fs::read_to_string(Path::new(&path)).ok())
            .unwrap_or_default()
    };
    let config = read(file("AWS_CONFIG_FILE", "config"));
    let credentials = read(file("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
    profiles_in(&config, &credentials)
}

fn profiles_in(config: &str, credentials: &str) -> Vec<FoundProfile> {
    let mut found: std::collections::BTreeMap<String, FoundProfile> = std::collections::BTreeMap::new();
    for (text, is_config) in [(config, true), (credentials, false)] {
        let mut current: Option<String> = None;
        for line in text.lines() {
            let line = line.trim_end();
            if let Some(head) = line.trim().strip_prefix('[').and_then(|head| head.split(']').next()) {
                let head = head.trim();
                let name = match head.strip_prefix("profile ") {
                    Some(name) => Some(name.trim()),
                    None if !is_config || head == "default" => Some(head),
                    None => None,
                };
                current = name.map(str::to_owned);
                if let Some(name) = &current {
                    found.entry(name.clone()).or_insert_with(|| FoundProfile {
                        name: name.clone(),
                        how: "",
                        region: None,
                        endpoint: None,
                    });
                }
                continue;
            }
            let Some(profile) = current.as_ref().and_then(|name| found.get_mut(name)) else {
                continue;
            };
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let value = value.trim();
            match key.trim() {
                "region" if !line.starts_with(' ') => profile.region = Some(value.to_owned()),
                "endpoint_url" if !line.starts_with(' ') => profile.endpoint = Some(value.to_owned()),
                "sso_session" | "sso_start_url" => profile.how = "IAM Identity Center",
                "role_arn" => profile.how = "a role",
                "credential_process" => profile.how = "a program",
                "aws_access_key_id" if profile.how.is_empty() => profile.how = "keys",
                _ => {}
            }
        }
    }
    found.into_values().filter(|profile| !profile.how.is_empty()).collect()
}

/// Keys that somebody copied from a console or a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastedKeys {
    pub sign_in: SignIn,
    /// `secret_access_key`, and `session_token` where there is one.
    pub secrets: Secrets,
    pub region: Option<String>,
}

/// Reads the block that AWS's pages offer to copy, in any of its forms: lines of a credentials file,
/// `export`, `set` and PowerShell's `$Env:`, or JSON. Nothing where there are no keys in it.
pub fn pasted_keys(text: &str) -> Option<PastedKeys> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
        let object = json.get("Credentials").unwrap_or(&json);
        for (key, value) in object.as_object()? {
            pairs.push((key.clone(), value.as_str().unwrap_or_default().to_owned()));
        }
    } else {
        for line in text.lines() {
            if let Some((key, value)) = line.split_once('=') {
                pairs.push((key.to_owned(), value.to_owned()));
            }
        }
    }
    let (mut id, mut secret, mut token, mut region) = (None, None, None, None);
    for (key, value) in pairs {
        let key = key.trim().to_ascii_lowercase();
        let key = key.rsplit([' ', ':', '\t']).next().unwrap_or_default();
        let value = value
            .trim()
            .trim_end_matches(';')
            .trim()
            .trim_matches(['"', '\''])
            .to_owned();
        if value.is_empty() {
            continue;
        }
        match key.trim_start_matches("aws_").replace('_', "").as_str() {
            "accesskeyid" => id = Some(value),
            "secretaccesskey" => secret = Some(value),
            "sessiontoken" => token = Some(value),
            "region" | "defaultregion" => region = Some(value),
            _ => {}
        }
    }
    let mut secrets = Secrets::new();
    secrets.insert("secret_access_key".to_owned(), Redacted::new(secret?));
    if let Some(token) = token {
        secrets.insert("session_token".to_owned(), Redacted::new(token));
    }
    Some(PastedKeys {
        sign_in: SignIn::Keys { access_key_id: id? },
        secrets,
        region,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_block_is_read() {
        for text in [
            "[123_Admin]\naws_access_key_id=AKIA1\naws_secret_access_key=s/e=c\naws_session_token=tok==\n",
            "export AWS_ACCESS_KEY_ID=\"AKIA1\"\nexport AWS_SECRET_ACCESS_KEY=\"s/e=c\"\nexport AWS_SESSION_TOKEN=\"tok==\"",
            "$Env:AWS_ACCESS_KEY_ID=\"AKIA1\"\n$Env:AWS_SECRET_ACCESS_KEY=\"s/e=c\"\n$Env:AWS_SESSION_TOKEN=\"tok==\"",
            "SET AWS_ACCESS_KEY_ID=AKIA1\nSET AWS_SECRET_ACCESS_KEY=s/e=c\nSET AWS_SESSION_TOKEN=tok==",
            r#"{"Credentials": {"AccessKeyId": "AKIA1", "SecretAccessKey": "s/e=c", "SessionToken": "tok=="}}"#,
            r#"{"Version": 1, "AccessKeyId": "AKIA1", "SecretAccessKey": "s/e=c", "SessionToken": "tok=="}"#,
        ] {
            let keys = pasted_keys(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                keys.sign_in,
                SignIn::Keys {
                    access_key_id: "AKIA1".into()
                }
            );
            assert_eq!(keys.secrets["secret_access_key"].expose(), "s/e=c", "{text}");
            assert_eq!(keys.secrets["session_token"].expose(), "tok==", "{text}");
        }
        assert_eq!(pasted_keys("hello = world"), None);
        assert_eq!(pasted_keys("aws_access_key_id=AKIA1"), None);
    }

    #[test]
    fn profiles_say_how_they_sign_in() {
        let config = "[default]\nregion = eu-north-1\n[profile lab]\nsso_session = x\nregion=us-east-1\n[sso-session x]\nsso_start_url=https://x\n[profile ci]\ncredential_process = /bin/x\n[profile odd]\noutput=json\n";
        let credentials = "[default]\naws_access_key_id = AKIA1\naws_secret_access_key = hunter2\n";
        let found = profiles_in(config, credentials);
        let words: Vec<_> = found
            .iter()
            .map(|profile| (profile.name.as_str(), profile.how))
            .collect();
        assert_eq!(
            words,
            [("ci", "a program"), ("default", "keys"), ("lab", "IAM Identity Center")]
        );
        assert_eq!(found[1].region.as_deref(), Some("eu-north-1"));
        assert!(!format!("{found:?}").contains("hunter2"));
    }
}
