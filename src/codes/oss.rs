//! What OSS answers. `also` holds the exact causes (EC) that come with a code.

use super::{Class, Row};

const ERRORS: &str = "OSS documentation, \"Error codes\"";
const STATUS_503: &str = "OSS documentation, \"HTTP status code 503\"";
const V4_GUIDE: &str = "OSS documentation, \"Guidelines for upgrading V1 signatures to V4 signatures\"";
const TOKENS: &str = "OSS documentation, EC 0002-00000003 to 0002-00000008";
const MULTIPART: &str = "OSS documentation, \"UploadPart\" and \"CompleteMultipartUpload\"";

const fn row(code: &'static str, status: u16) -> Row {
    Row::new("oss", code).status(status)
}

pub(super) const ROWS: &[Row] = &[
    row("InternalError", 500)
        .means("OSS failed to process the request.")
        .advice(
            "It was tried several times already; run the command again, an upload goes on where it \
            stopped.",
        )
        .from(ERRORS),
    row("ServiceUnavailable", 503)
        .means("OSS is too busy, or you ask too much of it at once.")
        .advice("Try again later; an upload or download with fewer parallel requests: --jobs 1.")
        .from(STATUS_503),
    row("*QpsLimitExceeded", 503).class(Class::Throttled)
        .means("There are more requests per second than the bucket or the account may make.")
        .advice("See what else uses this bucket; an upload or download has fewer requests with larger parts: --part-size 64MiB.")
        .from(STATUS_503),
    row("UploadTrafficRateLimitExceeded", 503).class(Class::Throttled)
        .means("The account's upload bandwidth in this region is used up.")
        .advice(
            "Start the upload again when other uploads of the account have ended; it goes on where it \
            stopped.",
        )
        .from(STATUS_503),
    row("DownloadTrafficRateLimitExceeded", 503).class(Class::Throttled)
        .means("The account's download bandwidth in this region is used up.")
        .advice("Start the download again when other downloads of the account have ended.")
        .from(STATUS_503),
    row("ActiveRequestLimitExceeded", 503)
        .means("Too many requests to this bucket are open at the same time.")
        .advice("Halve --jobs, and do not run several uploads to the same bucket side by side.")
        .from(STATUS_503),
    row("RequestTimeout", 400).class(Class::Transient)
        .means("The data came more slowly than OSS waits for it.")
        .advice("The link is slow: use smaller parts and one at a time, --part-size 1MiB --jobs 1.")
        .from(ERRORS),
    row("BadRequest", 400).class(Class::Transient)
        .means("OSS could not read the request as HTTP, often because something on the way altered it.")
        .advice(
            "If a proxy stands between (HTTPS_PROXY), try without it; `faascmd doctor` shows what it \
            does.",
        )
        .from(ERRORS),
    row("RequestTimeTooSkewed", 403)
        .also(&["0002-00000504"])
        .means("This machine's clock is more than 15 minutes off, so the signature is not accepted.")
        .advice(
            "Set the clock: `sudo chronyc makestep` or `sudo ntpdate ntp.aliyun.com`; `faascmd doctor` \
            shows the offset.",
        )
        .from(ERRORS),
    row("SecurityTokenExpired", 403)
        .also(&["0002-00000007"])
        .means("The temporary key's time is over.")
        .advice(
            "Get a new temporary key where you got this one; keys of an instance role or an assumed role \
            are renewed by themselves.",
        )
        .from(TOKENS),
    row("InvalidSecurityToken", 403)
        .also(&["0002-00000004", "0002-00000006", "0002-00000008"])
        .means("The token is not one of this temporary AccessKey.")
        .advice(
            "Set id, secret and token anew from one and the same answer: ALIBABA_CLOUD_ACCESS_KEY_ID, \
            _ACCESS_KEY_SECRET and _SECURITY_TOKEN.",
        )
        .from(TOKENS),
    row("0002-00000003", 403)
        .means("A temporary key (its id begins with STS.) came without its token.")
        .advice("Set ALIBABA_CLOUD_SECURITY_TOKEN too, or use a long-lived key of a RAM user.")
        .from(TOKENS),
    row("InvalidAccessKeyId", 403)
        .also(&["0002-00000902", "0002-00000002"])
        .means("OSS does not know the AccessKey id; also seen for a temporary key whose time is over.")
        .advice(
            "See which source the key came from (`faascmd doctor`) and whether it still exists in the \
            RAM console.",
        )
        .from(ERRORS),
    row("SignatureDoesNotMatch", 403)
        .also(&["0002-00000040", "0002-00000201"])
        .means("The secret is wrong, or the request was altered between here and OSS.")
        .advice(
            "Enter id and secret again: `faascmd config`. If the secret is right, look for a proxy that \
            rewrites requests.",
        )
        .from(ERRORS),
    row("AccessDenied", 403)
        .also(&["0003-00000001", "0003-00000301"])
        .means(
            "The caller may not do this with this bucket or object, or the bucket is of another account \
            or region.",
        )
        .advice(
            "Attach AliyunOSSFullAccess to the RAM user or let it use this bucket; `faascmd doctor` \
            shows the bucket's owner and region.",
        )
        .from(ERRORS),
    row("0002-00000903", 403)
        .means("The AccessKey is switched off.")
        .advice("Switch it on in the RAM console, or enter another one: `faascmd config`.")
        .from("OSS documentation, EC 0002-00000903"),
    row("0003-00001403", 403)
        .means("The bucket is in another region than the one that was asked.")
        .advice("Give the region of the endpoint that the message names with --region, such as cn-beijing.")
        .from("OSS documentation, \"HTTP status code 403\""),
    row("0002-00000069", 403)
        .means("The time of a signed URL is over.")
        .advice("Make a new URL, with a longer time.")
        .from("OSS documentation, EC 0002-00000069"),
    row("0002-00000080", 403)
        .means("The bucket or the account is too new for signatures of version 1.")
        .advice("Leave out --oss-signature v1: version 4 is the default here.")
        .from(V4_GUIDE),
    row("0002-00000228", 400)
        .means(
            "The signature names another region than the bucket's (\"Invalid signing region in \
            Authorization header\").",
        )
        .advice("Give the bucket's own region with --region, such as cn-hangzhou, not oss-cn-hangzhou.")
        .from("OSS documentation, EC 0002-00000228"),
    row("SecondLevelDomainForbidden", 403)
        .means("OSS takes the bucket's name in the host only, not in the path.")
        .advice("Leave out --oss-style path; it is for IP addresses, local servers and PrivateLink.")
        .from("OSS documentation, \"Overview\" of access by domain names"),
    row("NoSuchUpload", 404).class(Class::NotFound)
        .also(&["0042-00000203"])
        .means("The multipart upload is over: completed, aborted or removed by a rule of the bucket.")
        .advice("Run the upload again: it finds whether the object is there and starts anew if not.")
        .from(MULTIPART),
    row("InvalidPart", 400)
        .means("A part that was to be joined is not there, or has other content than was sent.")
        .advice(
            "Upload again; if it comes back, something else writes to the same upload: give the object \
            another key.",
        )
        .from(MULTIPART),
    row("InvalidPartOrder", 400)
        .also(&["0042-00000209"])
        .means("The parts were named in a wrong order.")
        .advice("This is a fault of the program: report it with the request id.")
        .from(MULTIPART),
    row("EntityTooSmall", 400)
        .also(&["0042-00000213"])
        .means("A part that is not the last is smaller than 100 KiB.")
        .advice("Give a larger --part-size; 8MiB is the default.")
        .from(MULTIPART),
    row("EntityTooLarge", 400)
        .means("What was sent at once is larger than 5 GiB.")
        .advice("Let it be sent in parts: leave out a --part-size of more than 5GiB.")
        .from("OSS documentation, \"PutObject\""),
    row("InvalidDigest", 400)
        .means("What arrived has another MD5 than what was sent.")
        .advice(
            "The data was damaged on its way: run it again, and if it comes back, suspect the network or \
            this machine's memory.",
        )
        .from(MULTIPART),
    row("NoSuchBucket", 404).class(Class::NotFound)
        .also(&["0015-00000101"])
        .means("There is no bucket of this name in this region.")
        .advice(
            "Check --bucket and --region; a new bucket is made in the OSS console, in the region of your \
            instance.",
        )
        .from(ERRORS),
    row("NoSuchKey", 404).class(Class::NotFound)
        .also(&["0026-00000001"])
        .means("There is no object of this key in the bucket.")
        .advice("See which there are: `faascmd object ls PREFIX`.")
        .from(ERRORS),
    row("FileAlreadyExists", 409).class(Class::Conflict)
        .also(&["0026-00000002"])
        .means("There is an object of this key already, and it must not be overwritten.")
        .advice("Give another key, or remove the old object first: `faascmd object rm KEY`.")
        .from(ERRORS),
    row("PreconditionFailed", 412).class(Class::Conflict)
        .means("The object changed since it was looked at.")
        .advice("Run the command again; it looks at the object anew.")
        .from(ERRORS),
    row("InvalidArgument", 400)
        .means("OSS does not take a parameter of the request.")
        .advice("Read the message for which one; with -vv it is shown as it was sent.")
        .from(ERRORS),
    row("MalformedXML", 400)
        .means("OSS could not read the list that was sent with the request.")
        .advice("Report this with the request id and `-vvv`'s output, unless a proxy alters what is sent.")
        .from(ERRORS),
    row("MissingContentLength", 411)
        .means("The request came without its length, which this program always sends.")
        .advice("A proxy removed the length: go around it with NO_PROXY=.aliyuncs.com.")
        .from(ERRORS),
    row("InvalidRange", 416)
        .means("The part of the object that was asked for lies behind its end.")
        .advice("The object got shorter meanwhile: remove the half-finished local file and get it again.")
        .from(ERRORS),
    row("InvalidBucketName", 400)
        .means("This can't be the name of a bucket.")
        .advice(
            "A bucket's name has 3 to 63 characters of a-z, 0-9 and -, and begins and ends with a letter \
            or digit.",
        )
        .from("OSS documentation, \"Bucket naming conventions\""),
    row("InvalidObjectName", 400)
        .means("This can't be the key of an object.")
        .advice("A key has 1 to 1023 bytes of UTF-8 and does not begin with / or \\.")
        .from("OSS documentation, \"Object naming conventions\""),
    row("BucketAlreadyExists", 409)
        .also(&["0015-00000102"])
        .means("Another account has a bucket of this name; names are unique in the whole cloud.")
        .advice("Choose a name that nobody else has, such as one with your company's in front.")
        .from(ERRORS),
    row("AccessForbidden", 403)
        .means("The bucket's CORS rules do not let pages of that origin ask.")
        .advice("Only browsers ask so: give the bucket a CORS rule for the page's origin in the console.")
        .from(ERRORS),
    row("InvalidObjectState", 403)
        .means("The object is archived: it has to be restored before it can be read.")
        .advice("Restore it in the console, or put the file anew with the class Standard.")
        .from(ERRORS),
    row("BucketNotEmpty", 409)
        .also(&["0015-00000301"])
        .means("The bucket still holds objects or unfinished uploads.")
        .advice("See them with `faascmd object ls` and `faascmd object uploads ls`, and remove them first.")
        .from(ERRORS),
    row("MissingArgument", 400)
        .means("The request lacks something that OSS needs, such as the MD5 of its body.")
        .advice("Report this with the request id, unless a proxy removes headers from what is sent.")
        .from(ERRORS),
    row("NotImplemented", 400)
        .on(&["PutObject"])
        .also(&["0017-00000245"])
        .means("PutObject takes no If-Match, If-None-Match, If-Modified-Since or If-Unmodified-Since.")
        .advice("Report this with the request id, unless a proxy adds headers to what is sent.")
        .from("OSS documentation, \"0017-00000245\""),
    row("NotImplemented", 501)
        .means("OSS does not know what a header or parameter of the request asks for.")
        .advice("Check that an --endpoint oss=URL that you gave is an OSS endpoint; the sandbox has only what faascmd uses.")
        .from(ERRORS),
    row("UserDisable", 403)
        .means("The account is locked, most often for an unpaid bill.")
        .advice("Sign in to the console and settle the account's balance; then try again.")
        .from(ERRORS),
    row("MethodNotAllowed", 405)
        .means("The thing that was asked for does not take this kind of request.")
        .advice("Check that an --endpoint oss=URL that you gave is an OSS endpoint and no website.")
        .from(ERRORS),
];
