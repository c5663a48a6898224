//! Signature V3 (ACS3-HMAC-SHA256): action, version and everything about the signature stand in headers.

use super::super::answer::Format;
use super::super::call::find;
use super::super::refusal::{Refusal, gateway};
use super::{Claim, missing};
use crate::sandbox::http::{Pairs, Request};
use crate::sign::acs3;

/// Whether a call is of this kind. The SDKs that sign by parameters name the action in a header as well; an action
/// that needs no signature is known by naming it there alone.
pub(super) fn speaks(request: &Request, parameters: &Pairs) -> bool {
    let is_signed = request.header("authorization").is_some_and(|value| value.starts_with("ACS3-"));
    is_signed || request.header("x-acs-action").is_some() && find(parameters, "Action").is_none()
}

/// The encoding of the answer, unless a parameter names one.
pub(super) fn format(request: &Request) -> Format {
    let accepts_xml = request.header("accept").is_some_and(|types| types.contains("xml"));
    if accepts_xml { Format::Xml } else { Format::Json }
}

/// A header that says something.
pub(super) fn need<'a>(request: &'a Request, name: &str) -> Result<&'a str, Refusal> {
    request.header(name).filter(|value| !value.is_empty()).ok_or_else(|| missing(name))
}

pub(super) fn claim(request: &Request) -> Result<Claim<'_>, Refusal> {
    let given = request.header("authorization").ok_or(gateway::INCOMPLETE_SIGNATURE)?;
    let (algorithm, fields) = given.split_once(' ').ok_or(gateway::INCOMPLETE_SIGNATURE)?;
    if algorithm != acs3::ALGORITHM {
        return Err(gateway::SIGNATURE_METHOD);
    }
    let field = |name: &str| {
        let mut values = fields.split(',').filter_map(|part| part.trim().split_once('='));
        let value = values.find(|(other, _)| *other == name).map(|(_, value)| value);
        value.filter(|value| !value.is_empty()).ok_or(gateway::INCOMPLETE_SIGNATURE)
    };
    let (key_id, signed_headers, signature) =
        (field("Credential")?, field("SignedHeaders")?, field("Signature")?);
    Ok(Claim {
        key_id,
        nonce: need(request, "x-acs-signature-nonce")?,
        time: need(request, "x-acs-date")?,
        token: request.header("x-acs-security-token").filter(|token| !token.is_empty()),
        signature,
        string_to_sign: string_to_sign(request, signed_headers)?,
        sign: acs3::signature,
    })
}

/// The string to sign as the request should have had it: names sorted, the hash that of the body that came.
fn string_to_sign(request: &Request, signed_headers: &str) -> Result<String, Refusal> {
    let mut signed_headers: Vec<&str> = signed_headers.split(';').collect();
    signed_headers.sort_unstable();
    for (name, _) in &request.headers {
        if must_be_signed(name) && !signed_headers.contains(&name.as_str()) {
            let text = format!("{} The header {name} is not signed.", gateway::INCOMPLETE_SIGNATURE.message);
            return Err(gateway::INCOMPLETE_SIGNATURE.saying(text));
        }
    }
    let body_hash = acs3::body_hash(&request.body);
    // Signed or not, it was meant for another body.
    if need(request, "x-acs-content-sha256")? != body_hash {
        return Err(gateway::SIGNATURE_MISMATCH);
    }
    let canonical = acs3::canonical_request(&acs3::Request {
        method: &request.method,
        query: &request.query,
        headers: &request.headers,
        signed_headers: &signed_headers,
        body_hash: &body_hash,
    });
    Ok(acs3::string_to_sign(&canonical))
}

fn must_be_signed(name: &str) -> bool {
    name.starts_with("x-acs-") || name == "host" || name == "content-type"
}
