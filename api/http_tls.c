/* SPDX-License-Identifier: Apache-2.0
 *
 * The TLS context: TLS 1.2 and 1.3, ECDHE with AEAD only, session tickets, nothing else. One per process, shared by
 * the workers, read-only after load.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "api/http_private.h"
#include "base/alloc.h"

#define HTTP_TLS_OPTIONS \
	(SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA)

struct http_tls {
	SSL_CTX *context;
};

/* A key with a passphrase is refused: there is nobody to ask. */
static int http_tls_on_passphrase(char *buffer, int size, int writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

/* RFC 7301: http/1.1 or nothing */
static int http_tls_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
	unsigned in_len, void *context)
{
	static const unsigned char ours[] = "\x08http/1.1";
	(void)ssl;
	(void)context;
	unsigned char *chosen;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static bool http_tls_configure(SSL_CTX *context, struct err *err)
{
	int groups[] = {NID_X25519, NID_X9_62_prime256v1, NID_secp384r1};
	SSL_CTX_set_options(context, HTTP_TLS_OPTIONS);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets carry the state */
	SSL_CTX_set_num_tickets(context, 1);
	SSL_CTX_set_max_early_data(context, 0);
	SSL_CTX_set_alpn_select_cb(context, http_tls_on_alpn, NULL);
	if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
		SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL") == 1 &&
		SSL_CTX_set1_groups(context, groups, sizeof groups / sizeof groups[0]) == 1)
		return true;
	return err_set(err, ERR_INTERNAL, "tls: the library refuses our settings");
}

/* Who else can read the key can be this server (faults E12). */
static EVP_PKEY *http_tls_read_key(const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	EVP_PKEY *key = NULL;
	if (!file || fstat(fileno(file), &st) != 0)
		err_set(err, ERR_INVALID, "%s: %s", path, strerror(errno));
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		err_set(err, ERR_INVALID, "%s: the key can be read by others; chmod 600 it", path);
	else if (!(key = PEM_read_PrivateKey(file, NULL, http_tls_on_passphrase, NULL)))
		err_set(err, ERR_INVALID, "%s: no private key in PEM without passphrase", path);
	if (file)
		(void)fclose(file);
	return key;
}

static bool http_tls_use_key(SSL_CTX *context, const char *path, struct err *err)
{
	EVP_PKEY *key = http_tls_read_key(path, err);
	if (!key)
		return false;
	bool fits = SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1;
	EVP_PKEY_free(key);
	return fits || err_set(err, ERR_INVALID, "%s: the key does not belong to the certificate", path);
}

static bool http_tls_use_certificate(SSL_CTX *context, const char *path, struct err *err)
{
	return SSL_CTX_use_certificate_chain_file(context, path) == 1 ||
	       err_set(err, ERR_INVALID, "%s: no certificate in PEM", path);
}

struct http_tls *http_tls_load(const char *certificate_file, const char *key_file, struct err *err)
{
	struct http_tls *tls = alloc_new(struct http_tls);
	tls->context = SSL_CTX_new(TLS_server_method());
	bool ok = (tls->context || err_set(err, ERR_INTERNAL, "tls: no context")) &&
	          http_tls_configure(tls->context, err) && http_tls_use_certificate(tls->context, certificate_file, err) &&
	          http_tls_use_key(tls->context, key_file, err);
	ERR_clear_error();
	if (ok)
		return tls;
	http_tls_free(tls);
	return NULL;
}

void http_tls_free(struct http_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->context);
	free(tls);
}

struct ssl_st *http_tls_accept(struct http_tls *tls)
{
	return SSL_new(tls->context);
}
