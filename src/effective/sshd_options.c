/*
 * One row per keyword of sshd_config(5), from 7.4 to 10.x: servconf.c keywords[],
 * fill_default_server_options() and dump_config() of the tagged sources, and the GSSAPI and Red Hat
 * patches.  `since` and `until` name releases as 100 * major + minor.
 */
#include "effective/sshd_parts.h"

#include "base/cleanup.h"

static const struct sshd_word yes_no[] = {{"yes", "yes"}, {"no", "no"}, {NULL, NULL}};
static const struct sshd_word forwarding[] = {{"yes", "yes"},     {"all", "yes"},
                                              {"no", "no"},       {"remote", "remote"},
                                              {"local", "local"}, {NULL, NULL}};
static const struct sshd_word root_login[] = {{"without-password", "without-password"},
                                              {"prohibit-password", "without-password"},
                                              {"forced-commands-only", "forced-commands-only"},
                                              {"yes", "yes"},
                                              {"no", "no"},
                                              {NULL, NULL}};
static const struct sshd_word rhosts[] = {
    {"yes", "yes"}, {"no", "no"}, {"shosts-only", "shosts-only"}, {NULL, NULL}};
static const struct sshd_word family[] = {
    {"inet", "inet"}, {"inet6", "inet6"}, {"any", "any"}, {NULL, NULL}};
static const struct sshd_word compression[] = {
    {"yes", "yes"}, {"delayed", "yes"}, {"no", "no"}, {NULL, NULL}};
static const struct sshd_word gateway[] = {
    {"clientspecified", "clientspecified"}, {"yes", "yes"}, {"no", "no"}, {NULL, NULL}};
static const struct sshd_word tunnel[] = {{"no", "no"},
                                          {"point-to-point", "point-to-point"},
                                          {"ethernet", "ethernet"},
                                          {"yes", "yes"},
                                          {NULL, NULL}};
static const struct sshd_word levels[] = {
    {"SILENT", "SILENT"}, {"QUIET", "SILENT"},    {"FATAL", "FATAL"}, {"ERROR", "ERROR"},
    {"INFO", "INFO"},     {"VERBOSE", "VERBOSE"}, {"DEBUG", "DEBUG"}, {"DEBUG1", "DEBUG"},
    {"DEBUG2", "DEBUG2"}, {"DEBUG3", "DEBUG3"},   {NULL, NULL}};
static const struct sshd_word facilities[] = {
    {"DAEMON", "DAEMON"}, {"USER", "USER"},     {"AUTH", "AUTH"},     {"AUTHPRIV", "AUTHPRIV"},
    {"LOCAL0", "LOCAL0"}, {"LOCAL1", "LOCAL1"}, {"LOCAL2", "LOCAL2"}, {"LOCAL3", "LOCAL3"},
    {"LOCAL4", "LOCAL4"}, {"LOCAL5", "LOCAL5"}, {"LOCAL6", "LOCAL6"}, {"LOCAL7", "LOCAL7"},
    {NULL, NULL}};
static const struct sshd_word hashes[] = {{"MD5", "MD5"},       {"SHA1", "SHA1"},
                                          {"SHA256", "SHA256"}, {"SHA384", "SHA384"},
                                          {"SHA512", "SHA512"}, {NULL, NULL}};

#define FLAG(name_, in_match_, builtin_, ...)                                                      \
    {                                                                                              \
        .name = name_, .kind = SSHD_WORD, .words = yes_no, .in_match = in_match_,                  \
        .builtin = builtin_, __VA_ARGS__                                                           \
    }
#define CHOICE(name_, words_, in_match_, builtin_, ...)                                            \
    {                                                                                              \
        .name = name_, .kind = SSHD_WORD, .words = words_, .in_match = in_match_,                  \
        .builtin = builtin_, __VA_ARGS__                                                           \
    }
#define ROW(name_, kind_, in_match_, builtin_, ...)                                                \
    {                                                                                              \
        .name = name_, .kind = kind_, .in_match = in_match_, .builtin = builtin_, __VA_ARGS__      \
    }
#define ALIAS(name_, of_, in_match_, ...)                                                          \
    {                                                                                              \
        .name = name_, .of = of_, .in_match = in_match_, __VA_ARGS__                               \
    }
#define GONE(name_, in_match_, ...)                                                                \
    {                                                                                              \
        .name = name_, .kind = SSHD_IGNORED, .in_match = in_match_, __VA_ARGS__                    \
    }

const struct sshd_option sshd_options[] = {
    FLAG("UsePAM", false, "no"),
    ROW("Port", SSHD_PORT, false, "22", .merge = SSHD_APPEND),
    CHOICE("AddressFamily", family, false, "any"),
    ROW("ListenAddress", SSHD_LISTEN, false, NULL, .merge = SSHD_APPEND),
    ROW("HostKey", SSHD_KEY_FILE, false, NULL, .merge = SSHD_APPEND),
    ALIAS("HostDSAKey", "HostKey", false),
    ROW("HostKeyAgent", SSHD_PATH, false, "none"),
    ROW("HostCertificate", SSHD_KEY_FILE, false, NULL, .merge = SSHD_APPEND),
    ROW("PidFile", SSHD_PATH, false, NULL),
    ROW("ModuliFile", SSHD_PATH, false, NULL, .since = 807),
    ROW("LoginGraceTime", SSHD_TIME, false, "120"),
    CHOICE("PermitRootLogin", root_login, true, "without-password"),
    CHOICE("SyslogFacility", facilities, false, "AUTH"),
    CHOICE("LogLevel", levels, true, "INFO"),
    ROW("LogVerbose", SSHD_VERBATIM, true, NULL, .one_line = true, .since = 805),
    FLAG("HostbasedAuthentication", true, "no"),
    FLAG("HostbasedUsesNameFromPacketOnly", true, "no"),
    ROW("HostbasedAcceptedAlgorithms", SSHD_KEY_TYPES, true, NULL, .since = 805),
    ROW("HostbasedAcceptedKeyTypes", SSHD_KEY_TYPES, true, NULL, .until = 804),
    ALIAS("HostbasedAcceptedKeyTypes", "HostbasedAcceptedAlgorithms", true, .since = 805),
    ROW("HostKeyAlgorithms", SSHD_KEY_TYPES, false, NULL),
    FLAG("PubkeyAuthentication", true, "yes"),
    ALIAS("DSAAuthentication", "PubkeyAuthentication", false),
    ROW("PubkeyAcceptedAlgorithms", SSHD_KEY_TYPES, true, NULL, .since = 805),
    ROW("PubkeyAcceptedKeyTypes", SSHD_KEY_TYPES, true, NULL, .until = 804),
    ALIAS("PubkeyAcceptedKeyTypes", "PubkeyAcceptedAlgorithms", true, .since = 805),
    ROW("PubkeyAuthOptions", SSHD_KEY_OPTIONS, true, "none", .one_line = true, .since = 802),
    ROW("CASignatureAlgorithms", SSHD_KEY_TYPES, true, NULL, .since = 709),
    FLAG("KerberosAuthentication", true, "no"),
    FLAG("KerberosOrLocalPasswd", false, "yes"),
    FLAG("KerberosTicketCleanup", false, "yes"),
    GONE("KerberosGetAFSToken", false),
    FLAG("KerberosUniqueCCache", true, "no", .build = SSHD_EL),
    FLAG("KerberosUseKuserok", true, "yes", .build = SSHD_EL),
    FLAG("GSSAPIEnablek5users", true, "no", .build = SSHD_EL),
    FLAG("GSSAPIAuthentication", true, "no"),
    FLAG("GSSAPICleanupCredentials", false, "yes"),
    FLAG("GSSAPIStrictAcceptorCheck", false, "yes"),
    FLAG("GSSAPIKeyExchange", false, "no", .build = SSHD_GSS_PATCH),
    FLAG("GSSAPIStoreCredentialsOnRekey", false, "no", .build = SSHD_GSS_PATCH),
    ROW("GSSAPIKexAlgorithms", SSHD_TEXT, false, NULL, .build = SSHD_GSS_PATCH, .since = 709),
    FLAG("PasswordAuthentication", true, "yes"),
    FLAG("KbdInteractiveAuthentication", true, "yes"),
    FLAG("ChallengeResponseAuthentication", false, "yes", .until = 806),
    ALIAS("SkeyAuthentication", "ChallengeResponseAuthentication", false, .until = 707),
    GONE("SkeyAuthentication", false, .since = 708, .until = 806),
    ALIAS("ChallengeResponseAuthentication", "KbdInteractiveAuthentication", true, .since = 807),
    ALIAS("SkeyAuthentication", "KbdInteractiveAuthentication", true, .since = 807),
    FLAG("PrintMotd", false, "yes"),
    FLAG("PrintLastLog", false, "yes"),
    CHOICE("IgnoreRhosts", yes_no, false, "yes", .until = 801),
    CHOICE("IgnoreRhosts", rhosts, true, "yes", .since = 802),
    FLAG("IgnoreUserKnownHosts", false, "no"),
    FLAG("X11Forwarding", true, "no"),
    ROW("X11DisplayOffset", SSHD_INT, true, "10"),
    FLAG("X11UseLocalhost", true, "yes"),
    ROW("XAuthLocation", SSHD_PATH, false, NULL),
    FLAG("StrictModes", false, "yes"),
    FLAG("PermitEmptyPasswords", true, "no"),
    ROW("PermitUserEnvironment", SSHD_USER_ENV, false, "no"),
    CHOICE("Compression", compression, false, "yes"),
    ROW("RekeyLimit", SSHD_REKEY, true, "0 0"),
    FLAG("TCPKeepAlive", false, "yes"),
    ALIAS("KeepAlive", "TCPKeepAlive", false),
    CHOICE("AllowTcpForwarding", forwarding, true, "yes"),
    FLAG("AllowAgentForwarding", true, "yes"),
    CHOICE("AllowStreamLocalForwarding", forwarding, true, "yes"),
    FLAG("DisableForwarding", true, "no"),
    ROW("AllowUsers", SSHD_USERS, true, NULL, .merge = SSHD_APPEND),
    ROW("DenyUsers", SSHD_USERS, true, NULL, .merge = SSHD_APPEND),
    ROW("AllowGroups", SSHD_GROUPS, true, NULL, .merge = SSHD_APPEND),
    ROW("DenyGroups", SSHD_GROUPS, true, NULL, .merge = SSHD_APPEND),
    ROW("Ciphers", SSHD_CIPHERS, false, NULL),
    ROW("MACs", SSHD_MACS, false, NULL),
    ROW("KexAlgorithms", SSHD_KEX, false, NULL),
    CHOICE("GatewayPorts", gateway, true, "no"),
    ROW("Subsystem", SSHD_SUBSYSTEM, false, NULL, .merge = SSHD_APPEND, .until = 904),
    ROW("Subsystem", SSHD_SUBSYSTEM, true, NULL, .merge = SSHD_APPEND, .since = 905),
    ROW("MaxStartups", SSHD_STARTUPS, false, "10:30:100", .merge = SSHD_LAST),
    ROW("PerSourceMaxStartups", SSHD_PER_SOURCE, false, "none", .merge = SSHD_LAST, .since = 805),
    ROW("PerSourceNetBlockSize", SSHD_NETBLOCK, false, "32:128", .merge = SSHD_LAST, .since = 805),
    ROW("PerSourcePenalties", SSHD_VERBATIM, false, NULL, .one_line = true, .since = 908),
    ROW("PerSourcePenaltyExemptList", SSHD_TEXT, false, "none", .since = 908),
    ROW("MaxAuthTries", SSHD_INT, true, "6"),
    ROW("MaxSessions", SSHD_INT, true, "10"),
    ROW("Banner", SSHD_PATH, true, "none"),
    FLAG("UseDNS", false, "no"),
    ROW("ClientAliveInterval", SSHD_TIME, true, "0"),
    ROW("ClientAliveCountMax", SSHD_INT, true, "3"),
    ROW("AuthorizedKeysFile", SSHD_FILES, true, ".ssh/authorized_keys .ssh/authorized_keys2",
        .one_line = true),
    ROW("AcceptEnv", SSHD_ENV, true, NULL, .merge = SSHD_APPEND),
    ROW("SetEnv", SSHD_SETENV, true, NULL, .since = 708),
    {.name = "PermitTunnel",
     .kind = SSHD_WORD_CASE,
     .words = tunnel,
     .in_match = true,
     .builtin = "no"},
    FLAG("PermitTTY", true, "yes"),
    FLAG("PermitUserRC", true, "yes"),
    ROW("PermitOpen", SSHD_OPEN, true, "any", .one_line = true),
    ROW("PermitListen", SSHD_LISTEN_PORTS, true, "any", .one_line = true, .since = 708),
    ROW("ForceCommand", SSHD_REST, true, "none"),
    ROW("ChrootDirectory", SSHD_TEXT, true, "none"),
    ROW("RevokedKeys", SSHD_PATH, true, "none"),
    ROW("TrustedUserCAKeys", SSHD_PATH, true, "none"),
    ROW("AuthorizedPrincipalsFile", SSHD_TEXT, true, "none"),
    ROW("AuthorizedKeysCommand", SSHD_COMMAND, true, "none"),
    ROW("AuthorizedKeysCommandUser", SSHD_TEXT, true, "none"),
    ROW("AuthorizedPrincipalsCommand", SSHD_COMMAND, true, "none"),
    ROW("AuthorizedPrincipalsCommandUser", SSHD_TEXT, true, "none"),
    ROW("IPQoS", SSHD_QOS, true, NULL, .merge = SSHD_LAST),
    ROW("VersionAddendum", SSHD_ADDENDUM, false, "none"),
    ROW("AuthenticationMethods", SSHD_METHODS, true, "any", .one_line = true),
    ROW("StreamLocalBindMask", SSHD_MASK, true, "0177", .merge = SSHD_LAST),
    FLAG("StreamLocalBindUnlink", true, "no"),
    {.name = "FingerprintHash",
     .kind = SSHD_WORD,
     .words = hashes,
     .builtin = "SHA256",
     .merge = SSHD_LAST},
    FLAG("ExposeAuthInfo", true, "no", .since = 706),
    FLAG("ExposeAuthenticationMethods", true, "no", .until = 705, .build = SSHD_EL),
    ROW("RDomain", SSHD_REFUSED, true, NULL, .since = 707),
    ROW("SecurityKeyProvider", SSHD_PATH, false, "internal", .since = 802),
    ROW("RequiredRSASize", SSHD_INT, true, "1024", .since = 901),
    ROW("RequiredRSASize", SSHD_INT, true, NULL, .since = 807, .until = 900, .build = SSHD_EL),
    ALIAS("RSAMinSize", "RequiredRSASize", true, .since = 807, .build = SSHD_EL),
    ROW("ChannelTimeout", SSHD_VERBATIM, true, NULL, .one_line = true, .since = 902),
    ROW("UnusedConnectionTimeout", SSHD_TIME, true, "none", .since = 902),
    ROW("SshdSessionPath", SSHD_PATH, false, NULL, .since = 908),
    ROW("SshdAuthPath", SSHD_PATH, false, NULL, .since = 1000),
    ROW("PAMServiceName", SSHD_TEXT, true, "sshd", .since = 908),
    FLAG("RefuseConnection", true, "no", .since = 909),
    FLAG("DebianBanner", false, "yes", .build = SSHD_DEBIAN),
    FLAG("ShowPatchLevel", false, "no", .until = 800, .build = SSHD_EL),
    ROW("Match", SSHD_MATCH, true, NULL),
    ROW("Include", SSHD_INCLUDE, true, NULL),
    GONE("Protocol", false),
    ROW("UsePrivilegeSeparation", SSHD_TEXT, false, "sandbox", .until = 704),
    GONE("UsePrivilegeSeparation", false, .since = 705),
    GONE("UseLogin", false),
    GONE("KeyRegenerationInterval", false),
    GONE("ServerKeyBits", false),
    GONE("RSAAuthentication", true),
    GONE("RhostsRSAAuthentication", true),
    GONE("RhostsAuthentication", false),
    GONE("AuthorizedKeysFile2", true),
    GONE("PAMAuthenticationViaKbdInt", false),
    GONE("KerberosTGTPassing", false),
    GONE("AFSTokenPassing", false),
    GONE("CheckMail", false),
    GONE("VerifyReverseMapping", false),
    GONE("ReverseMappingCheck", false),
    {.name = NULL},
};

_Static_assert(ARRAY_SIZE(sshd_options) <= SSHD_OPTIONS_MAX, "one flag per keyword row");

size_t sshd_options_count(void)
{
    return ARRAY_SIZE(sshd_options) - 1;
}

static bool built_with(const struct sshd_option *o, enum lineage lineage)
{
    switch (o->build) {
    case SSHD_ANY_BUILD:
        return true;
    case SSHD_DEBIAN:
        return lineage == LINEAGE_DEBIAN || lineage == LINEAGE_UBUNTU;
    case SSHD_EL:
        return lineage == LINEAGE_EL;
    case SSHD_GSS_PATCH:
        return lineage != LINEAGE_UNKNOWN;
    }
    return false;
}

static int row_of(const struct sshd_program *p, enum lineage lineage, const char *keyword)
{
    for (size_t i = 0; sshd_options[i].name; i++) {
        const struct sshd_option *o = &sshd_options[i];
        if (cstr_eq_nocase(o->name, keyword) && p->version >= o->since &&
            (!o->until || p->version <= o->until) && built_with(o, lineage))
            return (int)i;
    }
    return -1;
}

int sshd_option_find(const struct sshd_program *p, enum lineage lineage, const char *keyword,
                     const struct sshd_option **ret_row)
{
    int i = row_of(p, lineage, keyword);
    if (i < 0)
        return -1;
    if (ret_row)
        *ret_row = &sshd_options[i];
    return sshd_options[i].of ? row_of(p, lineage, sshd_options[i].of) : i;
}

/* Red Hat's package up to EL 8 compiles in PermitRootLogin yes (RELEASES.md 14.2 for EL 7; EL 8
 * writes it into the file as well). */
static const char *builtin_of_release(const struct sshd_option *o, const struct host *h)
{
    const struct release *r = h->release;
    if (r->lineage == LINEAGE_EL && r->major == 7 && cstr_eq(o->name, "PermitRootLogin"))
        return "yes";
    if (r->lineage == LINEAGE_EL && r->major == 7 && cstr_eq(o->name, "UseDNS"))
        return "yes";
    return o->builtin;
}

/* Upstream's lists since 8.2 without those the Debian family does not change: the strongest first,
 * the order matters for sshd -T only. */
#define KEX_9                                                                                      \
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"        \
    "ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"       \
    "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256"
#define KEY_TYPES_9                                                                                \
    "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,"                   \
    "ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,"           \
    "sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,"             \
    "rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-ed25519,"             \
    "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,"      \
    "sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256"
#define CIPHERS_9                                                                                  \
    "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,"       \
    "aes256-gcm@openssh.com"
#define MACS_9                                                                                     \
    "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,"              \
    "hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,"                 \
    "umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1"
#define CA_9                                                                                       \
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"                     \
    "sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256"

static const char *kex_of(unsigned version)
{
    if (version >= 1000)
        return "mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,"
               "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
               "ecdh-sha2-nistp384,ecdh-sha2-nistp521";
    if (version >= 909)
        return "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-"
               "sha256," KEX_9;
    return version >= 900 ? "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com," KEX_9
                          : KEX_9;
}

/* The lists of a Debian-family build; other builds change theirs (crypto policies, CBC in EL 7). */
static const char *builtin_list(const struct sshd_option *o, const struct sshd_program *p,
                                const struct host *h)
{
    enum lineage l = h->release->lineage;
    if ((l != LINEAGE_DEBIAN && l != LINEAGE_UBUNTU) || p->version < 802)
        return NULL;
    switch (o->kind) {
    case SSHD_CIPHERS:
        return CIPHERS_9;
    case SSHD_MACS:
        return MACS_9;
    case SSHD_KEX:
        return kex_of(p->version);
    case SSHD_KEY_TYPES:
        if (p->version < 809)
            return NULL;
        return cstr_eq(o->name, "CASignatureAlgorithms") ? CA_9 : KEY_TYPES_9;
    default:
        return NULL;
    }
}

static bool is_algorithms(const struct sshd_option *o)
{
    return o->kind == SSHD_CIPHERS || o->kind == SSHD_MACS || o->kind == SSHD_KEX ||
           o->kind == SSHD_KEY_TYPES;
}

const char *sshd_option_builtin(const struct sshd_option *o, const struct host *h, bool *ret_known)
{
    struct host *host = (struct host *)(uintptr_t)h;
    const struct sshd_program *p = sshd_program(host);
    const char *list = is_algorithms(o) ? builtin_list(o, p, h) : NULL;
    if (is_algorithms(o) && !list)
        list = sshd_binary_list(host, p, o->kind);
    *ret_known = !is_algorithms(o) || list;
    return list ? list : builtin_of_release(o, h);
}

const char *sshd_keyword_name(size_t i)
{
    return i < sshd_options_count() ? sshd_options[i].name : NULL;
}

bool sshd_keyword_is_list(size_t i)
{
    const struct sshd_option *o = &sshd_options[i];
    return o->merge == SSHD_APPEND || o->one_line || o->kind == SSHD_SETENV || is_algorithms(o);
}

bool sshd_keyword_is_line(size_t i)
{
    return sshd_options[i].one_line;
}

bool sshd_keyword_is_first(size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (cstr_eq_nocase(sshd_options[k].name, sshd_options[i].name))
            return false;
    return true;
}
