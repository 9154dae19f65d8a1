//! Keys in the block that people copy: from AWS's access portal, a file of profiles, or `aws sts`.

use aloft_base::Redacted;
use serde_json::Value;

/// Keys found in a pasted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    pub access_key_id: String,
    pub secret_access_key: Redacted<String>,
    pub session_token: Option<Redacted<String>>,
    pub region: Option<String>,
}

/// What a name stands for, whatever its spelling.
#[derive(Clone, Copy)]
enum Field {
    Id,
    Secret,
    Token,
    Region,
}

#[derive(Default)]
struct Found {
    id: Option<String>,
    secret: Option<String>,
    token: Option<String>,
    region: Option<String>,
}

/// Finds keys in lines of a shell (`export`, `set`, `$Env:`), a section of a profile file, or JSON.
/// Nothing when there is no id or no secret in it.
pub fn parse_pasted(text: &str) -> Option<Pasted> {
    let mut found = Found::default();
    match serde_json::from_str::<Value>(text.trim()) {
        Ok(value) => from_json(&value, &mut found),
        Err(_no_json) => text.split(['\n', ';']).for_each(|line| from_line(line, &mut found)),
    }
    Some(Pasted {
        access_key_id: found.id?,
        secret_access_key: Redacted::new(found.secret?),
        session_token: found.token.map(Redacted::new),
        region: found.region,
    })
}

fn field(name: &str) -> Option<Field> {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    match name.strip_prefix("aws").unwrap_or(&name) {
        "accesskeyid" | "accesskey" => Some(Field::Id),
        "secretaccesskey" | "secretkey" => Some(Field::Secret),
        "sessiontoken" | "securitytoken" => Some(Field::Token),
        "region" | "defaultregion" => Some(Field::Region),
        _ => None,
    }
}

impl Found {
    fn take(&mut self, name: &str, value: &str) {
        let value = value.trim().trim_matches(['"', '\'']).trim();
        if value.is_empty() {
            return;
        }
        let place = match field(name) {
            Some(Field::Id) => &mut self.id,
            Some(Field::Secret) => &mut self.secret,
            Some(Field::Token) => &mut self.token,
            Some(Field::Region) => &mut self.region,
            None => return,
        };
        place.get_or_insert_with(|| value.to_owned());
    }
}

fn from_json(value: &Value, found: &mut Found) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) => found.take(name, text),
                    other => from_json(other, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| from_json(value, found)),
        _ => {}
    }
}

fn from_line(line: &str, found: &mut Found) {
    let mut line = line.trim();
    for prefix in [
        "export ", "set -gx ", "set -x ", "setx ", "set ", "SET ", "$Env:", "$env:", "$ENV:",
    ] {
        if let Some(rest) = line.strip_prefix(prefix) {
            line = rest.trim_start();
            break;
        }
    }
    let name_ends = line
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .unwrap_or(line.len());
    let (name, rest) = line.split_at(name_ends);
    let rest = rest.trim_start();
    found.take(name, rest.strip_prefix(['=', ':']).unwrap_or(rest));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_that_people_copy_is_understood() {
        let texts = [
            "export AWS_ACCESS_KEY_ID=\"ASIAX\"\nexport AWS_SECRET_ACCESS_KEY=\"s/e+c=\"\nexport AWS_SESSION_TOKEN=\"t==\"\n",
            "SET AWS_ACCESS_KEY_ID=ASIAX\r\nSET AWS_SECRET_ACCESS_KEY=s/e+c=\r\nSET AWS_SESSION_TOKEN=t==\r\n",
            "$Env:AWS_ACCESS_KEY_ID=\"ASIAX\"\n$Env:AWS_SECRET_ACCESS_KEY=\"s/e+c=\"\n$Env:AWS_SESSION_TOKEN=\"t==\"",
            "[123_Admin]\naws_access_key_id = ASIAX\naws_secret_access_key = s/e+c=\naws_session_token = t==",
            r#"{"Credentials": {"AccessKeyId": "ASIAX", "SecretAccessKey": "s/e+c=", "SessionToken": "t==", "Expiration": "2026"}}"#,
            r#"{"Version": 1, "AccessKeyId": "ASIAX", "SecretAccessKey": "s/e+c=", "SessionToken": "t=="}"#,
            "set -x AWS_ACCESS_KEY_ID ASIAX\nset -x AWS_SECRET_ACCESS_KEY 's/e+c='\nset -x AWS_SESSION_TOKEN t==",
            "export AWS_ACCESS_KEY_ID=ASIAX; export AWS_SECRET_ACCESS_KEY=s/e+c=; export AWS_SESSION_TOKEN=t==",
        ];
        for text in texts {
            let pasted = parse_pasted(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(pasted.access_key_id, "ASIAX", "{text}");
            assert_eq!(pasted.secret_access_key.expose(), "s/e+c=", "{text}");
            assert_eq!(pasted.session_token.unwrap().expose(), "t==", "{text}");
        }
    }

    #[test]
    fn a_region_comes_along_and_half_a_block_is_none() {
        let text = "AWS_ACCESS_KEY_ID=A\nAWS_SECRET_ACCESS_KEY=B\nAWS_DEFAULT_REGION=eu-west-1";
        let pasted = parse_pasted(text).unwrap();
        assert_eq!(pasted.region.as_deref(), Some("eu-west-1"));
        assert_eq!(pasted.session_token, None);
        assert!(parse_pasted("aws_access_key_id = A").is_none());
        assert!(parse_pasted("good morning").is_none());
        assert!(!format!("{pasted:?}").contains("\"B\""));
    }
}
