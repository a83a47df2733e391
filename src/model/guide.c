#include "model/guide.h"

#include "base/cleanup.h"
#include "base/str.h"

/* Case texts in short form; the guide's own wording is not repeated. */
static const struct guide_case cases[] = {
    {"6.4.1.1",
     {"empty, weak or shared password, or no authentication",
      "空口令、弱口令、通用口令或无身份鉴别"},
     {"login only at the console, or limits on addresses, terminals or physical access; or a "
      "second factor that cannot be bypassed",
      "仅限本地登录，或有地址、终端、物理访问限制；或采用不可绕过的双因素鉴别"}},
    {"6.4.1.2",
     {"credentials travel in clear", "鉴别信息明文传输"},
     {"a second factor that cannot be bypassed", "采用不可绕过的双因素鉴别"}},
    {"6.4.1.3",
     {"no combination of two factors", "未采用两种以上组合鉴别技术"},
     {"repeated authentication with dynamic data; another authentication before key operations; "
      "login only at the console or out of band",
      "使用动态数据多次鉴别；关键操作前再次以不同方式鉴别；仅限本地或带外管理"}},
    {"6.4.2.1",
     {"default account neither renamed nor its default password changed",
      "默认账户未重命名且默认口令未修改"},
     {"a second factor, or limits on who can log in from where", "采用双因素鉴别，或限制登录地址"}},
    {"6.4.2.2",
     {"access control can be exceeded, or applications run as root",
      "访问控制存在缺陷，可越权访问；应用以超级管理员权限运行"},
     {"access only locally or from limited addresses, and audit of operations",
      "仅限本地或受限地址访问，并对操作进行审计"}},
    {"6.4.3.1",
     {"surplus services, shares or high-risk ports reachable from outside",
      "多余服务、默认共享或高危端口可被远程访问"},
     {"limits on addresses; host intrusion detection or anti-malware at work",
      "限制访问地址；主机入侵检测或防恶意代码措施有效运行"}},
    {"6.4.3.2",
     {"high-risk vulnerabilities that can be exploited", "存在可被利用的高危漏洞"},
     {"facing the internet: none; else limits on addresses, host intrusion detection or "
      "anti-malware",
      "面向互联网：无；其他：限制访问地址、主机入侵检测或防恶意代码措施"}},
    {"6.4.4.1",
     {"no malware protection, licence expired, or signatures older than a month",
      "恶意代码防范措施缺失、授权过期或恶意代码库超过一个月未更新"},
     {"not facing the internet and removable media control, application allow-list, host "
      "intrusion detection and host audit; or network anti-malware at key nodes",
      "不面向互联网，且有移动介质管控、白名单、主机入侵检测和主机审计；或在关键节点部署网络防病"
      "毒"}},
    {"6.4.5.1",
     {"important data travel in clear", "重要数据明文传输"},
     {"credentials: a second factor; other data: none", "鉴别数据：双因素鉴别；其他数据：无"}},
    {"6.4.5.2",
     {"important data stored in clear", "重要数据明文存储"},
     {"not facing the internet and managed locally or out of band; database firewall or data leak "
      "prevention",
      "不面向互联网且本地或带外管理；数据库防火墙或数据防泄漏措施"}},
    {"6.4.6.1",
     {"no local backup", "无本地数据备份"},
     {"copies in several data centres; backup to internet storage: none",
      "多数据中心多副本；备份至互联网网盘：无"}},
    {"6.4.6.2",
     {"no hot redundancy of a system that must be continuously available",
      "连续性要求高的系统未采用热冗余"},
     {"none", "无"}},
    {"6.5.1.2",
     {"audit records kept for less than six months", "审计记录留存不足六个月"},
     {"none", "无"}},
};

static const struct guide_trigger triggers[] = {
    {"A-18",
     {"empty, weak or shared password, or no authentication",
      "空口令、弱口令、通用口令或无身份鉴别"}},
    {"A-19", {"no two-factor authentication", "未采用双因素鉴别"}},
    {"A-20", {"access control flaw", "访问控制缺陷或越权"}},
    {"A-21", {"surplus services, shares, high-risk ports", "多余服务、共享或高危端口"}},
    {"A-22", {"exploitable high-risk vulnerabilities", "存在可利用的高危漏洞"}},
    {"A-23", {"no malware protection", "恶意代码防范缺失"}},
    {"A-24", {"important data in clear in transit", "重要数据明文传输"}},
    {"A-25", {"important data in clear at rest", "重要数据明文存储"}},
    {"A-26", {"no local backup", "无本地备份"}},
};

const struct guide_case *guide_case_find(const char *number)
{
    for (size_t i = 0; number && i < ARRAY_SIZE(cases); i++)
        if (cstr_eq(cases[i].number, number))
            return &cases[i];
    return NULL;
}

const struct guide_trigger *guide_trigger_find(const char *code)
{
    for (size_t i = 0; code && i < ARRAY_SIZE(triggers); i++)
        if (cstr_eq(triggers[i].code, code))
            return &triggers[i];
    return NULL;
}
