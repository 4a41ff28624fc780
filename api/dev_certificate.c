/* SPDX-License-Identifier: Apache-2.0
 *
 * The dev server's certificate. It is signed by an authority made for it alone, whose private key never leaves this
 * function: who trusts ca.pem trusts this one certificate, and nobody can sign another with it.
 */
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "api/dev_keys.h"
#include "api/file.h"

#define DEV_CERTIFICATE_DAYS 825 /* the most that browsers take */
#define DEV_CERTIFICATE_RENEW (30L * 24 * 60 * 60)

struct dev_extension {
	int nid;
	const char *value;
};

static const struct dev_extension dev_authority_extensions[] = {
	{.nid = NID_basic_constraints, .value = "critical,CA:TRUE,pathlen:0"},
	{.nid = NID_key_usage, .value = "critical,keyCertSign"},
	{.nid = NID_subject_key_identifier, .value = "hash"},
	{.nid = NID_undef},
};

static const struct dev_extension dev_server_extensions[] = {
	{.nid = NID_basic_constraints, .value = "critical,CA:FALSE"},
	{.nid = NID_key_usage, .value = "critical,digitalSignature"},
	{.nid = NID_ext_key_usage, .value = "serverAuth"},
	{.nid = NID_subject_key_identifier, .value = "hash"},
	{.nid = NID_authority_key_identifier, .value = "keyid:always"},
	{.nid = NID_subject_alt_name, .value = "DNS:localhost,IP:127.0.0.1,IP:::1"},
	{.nid = NID_undef},
};

/* A certificate and its key; both NULL-safe to free. */
struct dev_identity {
	X509 *certificate;
	EVP_PKEY *key;
};

static void dev_identity_free(struct dev_identity *identity)
{
	X509_free(identity->certificate);
	EVP_PKEY_free(identity->key);
}

static bool dev_identity_serial(X509 *certificate)
{
	BIGNUM *serial = BN_new();

	bool ok = serial && BN_rand(serial, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
		BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate));
	BN_free(serial);
	return ok;
}

static bool dev_identity_extend(X509 *certificate, X509 *issuer, const struct dev_extension *extensions)
{
	X509V3_CTX context;
	bool ok = true;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	for (; ok && extensions->nid != NID_undef; extensions++) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, extensions->nid, extensions->value);
		ok = extension && X509_add_ext(certificate, extension, -1) == 1;
		X509_EXTENSION_free(extension);
	}
	return ok;
}

static bool dev_identity_describe(const struct dev_identity *identity, const char *name)
{
	X509 *certificate = identity->certificate;
	X509_NAME *subject = X509_get_subject_name(certificate);

	return X509_set_version(certificate, X509_VERSION_3) == 1 && dev_identity_serial(certificate) &&
		X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) == 1 &&
		X509_gmtime_adj(X509_getm_notBefore(certificate), -60) &&
		X509_time_adj_ex(X509_getm_notAfter(certificate), DEV_CERTIFICATE_DAYS, 0, NULL) &&
		X509_set_pubkey(certificate, identity->key) == 1;
}

/* Makes a key and a certificate signed by issuer; issuer == identity: signed by itself. */
static bool dev_identity_make(struct dev_identity *identity, const char *name, const struct dev_extension *extensions,
	const struct dev_identity *issuer)
{
	identity->key = EVP_EC_gen("P-256");
	identity->certificate = X509_new();
	return identity->key && identity->certificate && dev_identity_describe(identity, name) &&
		X509_set_issuer_name(identity->certificate, X509_get_subject_name(issuer->certificate)) == 1 &&
		dev_identity_extend(identity->certificate, issuer->certificate, extensions) &&
		X509_sign(identity->certificate, issuer->key, EVP_sha256()) > 0;
}

/* What the BIO holds goes into a file of the folder. */
static bool dev_pem_save(BIO *pem, const char *dir, const char *name, mode_t mode, struct err *err)
{
	char path[PATH_MAX];
	char *text = NULL;
	long len = BIO_get_mem_data(pem, &text);

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return file_write(path, (struct str){text, (size_t)len}, mode, err);
}

static bool dev_certificate_save(X509 *certificate, const char *dir, const char *name, struct err *err)
{
	BIO *pem = BIO_new(BIO_s_mem());

	bool ok = pem && PEM_write_bio_X509(pem, certificate) == 1 && dev_pem_save(pem, dir, name, 0644, err);
	BIO_free(pem);
	return ok;
}

static bool dev_key_save(EVP_PKEY *key, const char *dir, const char *name, struct err *err)
{
	BIO *pem = BIO_new(BIO_s_secmem());

	bool ok = pem && PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) == 1 &&
		dev_pem_save(pem, dir, name, 0600, err);
	BIO_free(pem);
	return ok;
}

bool dev_certificate_make(const char *dir, struct err *err)
{
	struct dev_identity authority = {0};
	struct dev_identity server = {0};

	bool made = dev_identity_make(&authority, "bpmnd dev authority", dev_authority_extensions, &authority) &&
		dev_identity_make(&server, "localhost", dev_server_extensions, &authority);
	/* The server's own certificate last: it says that the set is whole. */
	bool ok = made && dev_certificate_save(authority.certificate, dir, DEV_CA, err) &&
		dev_key_save(server.key, dir, DEV_KEY, err) &&
		dev_certificate_save(server.certificate, dir, DEV_CERTIFICATE, err);
	if (!ok)
		err_set(err, ERR_INTERNAL, "a certificate could not be made");
	dev_identity_free(&authority);
	dev_identity_free(&server);
	ERR_clear_error();
	return ok;
}

bool dev_certificate_current(const char *dir)
{
	char path[PATH_MAX];
	time_t soon = time(NULL) + DEV_CERTIFICATE_RENEW;

	snprintf(path, sizeof path, "%s/" DEV_CERTIFICATE, dir);
	BIO *pem = BIO_new_file(path, "r");
	X509 *certificate = pem ? PEM_read_bio_X509(pem, NULL, NULL, NULL) : NULL;
	bool current = certificate && X509_cmp_time(X509_get0_notAfter(certificate), &soon) > 0;
	X509_free(certificate);
	BIO_free(pem);
	ERR_clear_error();
	return current;
}
