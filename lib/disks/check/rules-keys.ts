import { environmentVariable, hasContent, lineMatching, privateKeyIn, secretSetting, stars } from './content-tests'
import type { PathRule } from './rule'

/** Folders of packages, with samples, public keys and test data. */
const shipped = /^usr\/(?:share|lib|lib64|include|src)\//

/** Keys, passwords and tokens of people and of programs. */
export const keyRules: readonly PathRule[] = [
  {
    id: 'ssh-private-key',
    severity: 'critical',
    path: /(?:^|\/)id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$|\.(?:pem|key|ppk)$/i,
    except: shipped,
    content: privateKeyIn,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'key-store',
    severity: 'critical',
    path: /\.(?:p12|pfx|jks|keystore)$/i,
    except: shipped,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'ssh-host-key',
    severity: 'high',
    path: /(?:^|\/)etc\/(?:ssh\/ssh_host_\w+_key|dropbear\/\w+_host_key)$/,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'authorized-keys',
    severity: 'high',
    path: /(?:^|\/)\.ssh\/authorized_keys2?$|(?:^|\/)etc\/ssh\/authorized_keys(?:\/[^/]+|\.d\/[^/]+)?$/,
    content: lineMatching(/^\s*[^\s#]/, () => `ssh key ${stars}`),
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'known-hosts',
    severity: 'low',
    path: /(?:^|\/)\.ssh\/(?:known_hosts(?:\.old)?|config)$/,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'cloud-credentials',
    severity: 'critical',
    path: /(?:^|\/)(?:\.aws\/credentials|\.config\/gcloud\/(?:application_default_credentials\.json|credentials\.db|access_tokens\.db|legacy_credentials\/.+)|\.azure\/(?:msal_token_cache\.(?:json|bin)|accessTokens\.json|service_principal_entries\.(?:json|bin))|\.config\/openstack\/(?:clouds|secure)\.ya?ml|\.aliyun\/config\.json|\.oci\/(?:config|[^/]+\.pem)|\.tccli\/[^/]+\.credential|\.hcloud\/.+|\.config\/hcloud\/cli\.toml|\.config\/doctl\/config\.yaml|\.s3cfg|\.boto|(?:\.config\/rclone\/)?\.?rclone\.conf|(?:[\w.-]+-)?openrc(?:\.sh)?|clouds\.yaml)$/,
    except: shipped,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'kubeconfig',
    severity: 'critical',
    path: /(?:^|\/)(?:\.kube\/config|etc\/kubernetes\/(?:admin|super-admin|kubelet|controller-manager|scheduler|bootstrap-kubelet)\.conf|etc\/kubernetes\/pki\/.+\.key|var\/lib\/kubelet\/pki\/.+\.pem|etc\/rancher\/k3s\/k3s\.yaml|var\/lib\/rancher\/k3s\/server\/(?:token|node-token|tls\/.+\.key|cred\/.+))$/,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'registry-auth',
    severity: 'high',
    path: /(?:^|\/)(?:\.docker\/config\.json|\.dockercfg|containers\/auth\.json|var\/lib\/kubelet\/config\.json)$/,
    content: lineMatching(/"(auth|identitytoken|password)"\s*:\s*"[^"]/, ([, key]) => `"${key}": "${stars}"`),
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'package-token',
    severity: 'high',
    path: /(?:^|\/)(?:\.npmrc|\.yarnrc(?:\.yml)?|\.pypirc|\.cargo\/credentials(?:\.toml)?|\.m2\/settings(?:-security)?\.xml|\.gem\/credentials|\.composer\/auth\.json|\.config\/composer\/auth\.json|nuget\.config|pip\.conf|etc\/apt\/auth\.conf(?:\.d\/[^/]+)?)$/i,
    except: shipped,
    content: lineMatching(
      /(_authToken|_auth|_password|npmAuthToken|token|password|passwd|api_?key|secret)\b.{0,80}|:\/\/[^\s/@:]+:[^\s/@]+@/i,
      ([, key]) => `${key || 'URL'} ${stars}`,
    ),
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'netrc-git-credentials',
    severity: 'critical',
    path: /(?:^|\/)(?:\.netrc|_netrc|\.git-credentials|\.config\/git\/credentials|\.config\/gh\/hosts\.yml|\.config\/glab-cli\/config\.yml|\.config\/hub|\.subversion\/auth\/svn\.[^/]+\/[^/]+)$/,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'dotenv',
    severity: 'high',
    path: /(?:^|\/)\.env(?:\.[\w-]+)*$/,
    except: /\.(?:example|sample|template|dist|defaults?|tpl)$|^usr\/(?:share|lib)\//,
    content: environmentVariable,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'db-client-credentials',
    severity: 'critical',
    path: /(?:^|\/)(?:\.pgpass|\.my\.cnf|\.mylogin\.cnf|etc\/mysql\/debian\.cnf|\.mongorc\.js|\.config\/mycli\/myclirc)$/,
    content: hasContent,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'app-config-secrets',
    severity: 'high',
    path: /(?:^|\/)(?:wp-config\.php|\.htpasswd|secrets\.ya?ml|master\.key|credentials\.yml\.enc|appsettings(?:\.[\w-]+)?\.json|application(?:-[\w-]+)?\.(?:ya?ml|properties)|[\w.-]+\.tfstate(?:\.backup)?|[\w.-]+\.tfvars(?:\.json)?|\.?vault[_-]pass(?:word)?(?:\.txt)?|local_settings\.py|settings\.local\.php)$/i,
    except: shipped,
    content: (text) => secretSetting(text) ?? hashedLogin(text) ?? bareSecret(text),
    remedy: 'review',
    cleanable: true,
  },
  {
    id: 'vault-token',
    severity: 'critical',
    path: /(?:^|\/)(?:\.vault-token|etc\/vault(?:\.d)?\/(?:token|root_token))$/,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'pgp-private-key',
    severity: 'critical',
    path: /(?:^|\/)(?:\.gnupg\/(?:private-keys-v1\.d\/[^/]+\.key|secring\.gpg)|\.password-store\/.+\.gpg|[^/]*(?:private|secret)[^/]*\.(?:asc|gpg))$/,
    except: shipped,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'password-database',
    severity: 'critical',
    path: /\.(?:kdbx?|psafe3|1pux|opvault)$/i,
    except: shipped,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'browser-data',
    severity: 'high',
    path: /(?:^|\/)(?:\.mozilla\/firefox|\.thunderbird|Mozilla\/Firefox\/Profiles|snap\/firefox)\/.*(?:logins\.json|key[34]\.db|cookies\.sqlite|signons\.sqlite)$|(?:^|\/)(?:google-chrome|chromium|microsoft-edge|Chrome\/User Data|Edge\/User Data|BraveSoftware)\/.*(?:Login Data|Cookies|Web Data)$|(?:^|\/)\.local\/share\/keyrings\/[^/]+\.keyring$|(?:^|\/)\.local\/share\/kwalletd\/[^/]+\.kwl$/,
    remedy: 'delete',
    cleanable: true,
  },
  {
    id: 'wallet',
    severity: 'critical',
    path: /(?:^|\/)(?:wallet\.dat|\.bitcoin\/.+|\.litecoin\/.+|\.ethereum\/keystore\/.+|\.electrum\/wallets\/.+|\.config\/solana\/id\.json|\.?bitmonero\/.+|Monero\/wallets\/.+\.keys)$/,
    except: /\.(?:conf|log|lock|pid)$/,
    remedy: 'delete',
    cleanable: true,
  },
]

/** A login with a password hash, as in htpasswd files. */
const hashedLogin = lineMatching(
  /^([\w.@-]{1,64}):(?:\$(?:apr1|2[aby]|5|6|y)\$|\{SHA\})\S/,
  ([, name]) => `${name}:${stars}`,
)

/** A file that holds only a secret. */
function bareSecret(text: string) {
  return /^\s*[\w+/=.-]{16,4096}\s*$/.test(text.slice(0, 8192)) ? { line: 1, masked: stars } : null
}
