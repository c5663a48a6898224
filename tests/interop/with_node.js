// JavaScript's official clients, which nobody here wrote: `faascmd sandbox -- node tests/interop/with_node.js`.
'use strict';
const assert = require('node:assert/strict');
const dns = require('node:dns');
const http = require('node:http');
const OSS = require('ali-oss');
const openapi = require('@alicloud/openapi-client');
const { RuntimeOptions } = require('@alicloud/tea-util');

// Buckets stand in the host's name, which no resolver needs to know.
const lookup = dns.lookup;
dns.lookup = (name, options, done) => {
  if (!name.endsWith('.localhost')) return lookup(name, options, done);
  return lookup('127.0.0.1', options, done);
};

const env = process.env;
const endpoint = new URL(env.FAASCMD_ENDPOINT);
const key = { accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID, accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET };
const operator = env.FAASCMD_ROLE_ARN.replace(/[^/]*$/, 'SandboxOperatorRole');

const client = (version, more) => new OSS({
  ...key,
  region: `oss-${env.FAASCMD_REGION}`,
  endpoint: `http://localhost:${endpoint.port}`,
  bucket: env.FAASCMD_BUCKET,
  authorizationV4: version === 'v4',
  ...more,
});

let passed = 0;
let failed = 0;
async function check(name, work) {
  try {
    await work();
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}`);
    console.log(error);
  }
}
const refused = (name, code, work) => check(name, () => assert.rejects(work, (error) => {
  assert.equal(error.code, code, error.message);
  return true;
}));

async function aliOss(version) {
  const oss = client(version);
  const body = Buffer.alloc(350 * 1024, 'a');
  for (const name of ['dir/plain.bin', '目录/文件 1.bin', 'a b+c.bin', "sp&e=c~*'()!.txt"]) {
    await check(`ali-oss ${version}: ${name}`, async () => {
      await oss.put(name, body, { meta: { tool: 'faas' } });
      const got = await oss.get(name);
      assert.ok(body.equals(got.content));
      assert.equal((await oss.head(name)).meta.tool, 'faas');
      const signed = version === 'v4' ? await oss.signatureUrlV4('GET', 60, undefined, name) : oss.signatureUrl(name);
      assert.equal(await statusOf(signed), 200, signed);
    });
  }
  await check(`ali-oss ${version}: multipart upload, by parts and by copy`, async () => {
    const sent = await oss.multipartUpload('parts', body, { partSize: 102400 });
    assert.match(sent.etag, /-4"$/);
    await oss.multipartUploadCopy('parts-copy', { sourceKey: 'parts', sourceBucketName: env.FAASCMD_BUCKET }, { partSize: 102400 });
    assert.ok(body.equals((await oss.get('parts-copy')).content));
  });
  await check(`ali-oss ${version}: copy, meta by copy, lists, acl, bucket`, async () => {
    await oss.copy('copied', 'dir/plain.bin');
    await oss.putMeta('copied', { year: '2026' });
    assert.deepEqual((await oss.head('copied')).meta, { year: '2026' });
    const listed = await oss.listV2({ prefix: 'dir/', 'fetch-owner': 'true' });
    assert.deepEqual(listed.objects.map((object) => object.name), ['dir/plain.bin']);
    assert.equal((await oss.getACL('copied')).acl, 'default');
    assert.equal((await oss.getBucketInfo(env.FAASCMD_BUCKET)).bucket.Name, env.FAASCMD_BUCKET);
  });
  await refused(`ali-oss ${version}: what is not built`, 'NotImplemented', () => oss.putObjectTagging('copied', { a: 'b' }));
  await refused(`ali-oss ${version}: a wrong key`, 'SignatureDoesNotMatch', () => client(version, { accessKeySecret: 'x' }).get('copied'));
}

const statusOf = (url) => new Promise((resolve, reject) => {
  http.get(url, (answer) => { answer.resume(); resolve(answer.statusCode); }).on('error', reject);
});

async function sts() {
  await check('ali-oss STS: timestamps with milliseconds', async () => {
    const service = new OSS.STS({ ...key, endpoint: endpoint.href });
    const { credentials } = await service.assumeRole(operator, '', 3600, 'node');
    const { AccessKeyId, AccessKeySecret, SecurityToken } = credentials;
    const given = { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, stsToken: SecurityToken };
    for (const version of ['v1', 'v4']) await client(version, given).list();
  });
}

async function v3() {
  const params = new openapi.Params({
    action: 'DescribeFpgaInstances', version: '2017-08-24', protocol: 'HTTP', pathname: '/', method: 'POST',
    authType: 'AK', style: 'RPC', reqBodyType: 'formData', bodyType: 'json',
  });
  const call = (more, request) => {
    const config = new openapi.Config({ ...key, endpoint: endpoint.host, protocol: 'http', ...more });
    return new openapi.default(config).callApi(params, new openapi.OpenApiRequest(request), new RuntimeOptions({}));
  };
  const asked = { InstanceId: env.FAASCMD_INSTANCE_ID, RoleArn: env.FAASCMD_ROLE_ARN };
  for (const place of ['query', 'body']) {
    await check(`openapi-client (V3): parameters in the ${place}`, async () => {
      const { body } = await call({}, { [place]: asked });
      assert.equal(body.Instances.instance.length, 2);
    });
  }
  await refused('openapi-client (V3): a wrong key', 'SignatureDoesNotMatch', () => call({ accessKeySecret: 'x' }, { query: asked }));
}

async function main() {
  await aliOss('v1');
  await aliOss('v4');
  await sts();
  await v3();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}
main();
