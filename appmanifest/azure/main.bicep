// Image Medic in your subscription: a container app that scales to several instances, the bot and its Teams channel, one managed identity for
// all of them, a storage account for the conversations, and logs. There are no secrets: every connection uses the identity.
//
// README.md in this folder has the commands. If the identity named below already exists, it's kept, with its permission to pull the image.

@description('The location of all resources.')
param location string = resourceGroup().location

@description('Prefix of every name; lowercase letters and digits.')
@minLength(3)
@maxLength(12)
param prefix string = 'imagemedic'

@description('The container image, built from this project\'s Dockerfile.')
param image string

@description('Login server of the registry that the identity pulls the image from; empty for a public image.')
param registry string = ''

@description('Comma-separated tenants whose users the bot answers; empty for this tenant only.')
param allowedTenants string = ''

@description('Access mode for Azure: off, user, or bot. docs/operations.md explains what each one needs.')
@allowed([
  'off'
  'user'
  'bot'
])
param azureLook string = 'off'

@description('The name of the bot\'s OAuth connection; required if azureLook is user.')
param oauthConnection string = ''

@description('The app registration that people sign in to; required if azureLook is user. See sign-in.md in this folder.')
param oauthAppId string = ''

@description('Whether people can let the bot file support requests with their own permissions; only if azureLook is user.')
@allowed([
  'off'
  'on'
])
param supportFiling string = 'off'

@description('Whether people can post a lookup\'s result where they asked for it; only if azureLook is user.')
@allowed([
  'off'
  'on'
])
param shareLooks string = 'off'

@description('Comma-separated subscriptions that the bot can read; required if azureLook is bot.')
param azureSubscriptions string = ''

@description('Comma-separated people who can use it, each tenant-id/object-id; required if azureLook is bot.')
param azurePeople string = ''

@description('Minimum and maximum number of instances. They share state, so any instance can take any turn.')
@minValue(1)
@maxValue(10)
param leastInstances int = 1
@minValue(1)
@maxValue(10)
param mostInstances int = 3

@description('Days without activity before a conversation is deleted.')
@minValue(1)
param keepDays int = 30

@description('Whether only the app\'s own network reaches the storage account. An environment can\'t be moved into a network: to keep one that already exists, use false.')
param closedStorage bool = true

var unique = uniqueString(resourceGroup().id, prefix)
var accountName = take('${prefix}${unique}', 24)
// Storage Blob Data Contributor, for this one container only
var blobContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${prefix}-identity'
  location: location
}

// the app's own network, whose subnet is let through to the storage account
resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = if (closedStorage) {
  name: '${prefix}-network'
  location: location
  properties: {
    addressSpace: {
      addressPrefixes: [
        '10.20.0.0/24'
      ]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.20.0.0/26'
          serviceEndpoints: [
            {
              service: 'Microsoft.Storage'
            }
          ]
          delegations: [
            {
              name: 'app'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
    ]
  }
}

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: accountName
  location: location
  kind: 'StorageV2'
  sku: {
    name: 'Standard_ZRS'
  }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // the rules below only count while this is enabled
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: closedStorage ? 'Deny' : 'Allow'
      virtualNetworkRules: closedStorage ? [
        {
          id: network.properties.subnets[0].id
          action: 'Allow'
        }
      ] : []
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
}

resource conversations 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'conversations'
  properties: {
    publicAccess: 'None'
  }
}

resource writesConversations 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: conversations
  name: guid(conversations.id, identity.id, blobContributor)
  properties: {
    roleDefinitionId: blobContributor
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${prefix}-logs'
  location: location
  properties: {
    retentionInDays: 30
    sku: {
      name: 'PerGB2018'
    }
  }
}

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: '${prefix}-environment'
  location: location
  properties: {
    appLogsConfiguration: {
      destination: 'azure-monitor'
    }
    vnetConfiguration: closedStorage ? {
      infrastructureSubnetId: network.properties.subnets[0].id
    } : null
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
  }
}

// diagnostic settings, not the workspace's key: no secret to keep
resource environmentLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: environment
  name: 'logs'
  properties: {
    workspaceId: logs.id
    logs: [
      {
        category: 'ContainerAppConsoleLogs'
        enabled: true
      }
      {
        category: 'ContainerAppSystemLogs'
        enabled: true
      }
    ]
  }
}

resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: '${prefix}-app'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    managedEnvironmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      // during an update, the old and the new revision run side by side: they share blobs, which a SQLite file doesn't allow
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        targetPort: 3978
        transport: 'http'
        allowInsecure: false
      }
      registries: empty(registry) ? [] : [
        {
          server: registry
          identity: identity.id
        }
      ]
    }
    template: {
      // an instance finishes running turns before it stops
      terminationGracePeriodSeconds: 60
      containers: [
        {
          name: 'image-medic'
          image: image
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          env: [
            { name: 'MicrosoftAppId', value: identity.properties.clientId }
            { name: 'MicrosoftAppType', value: 'UserAssignedMSI' }
            { name: 'MicrosoftAppTenantId', value: tenant().tenantId }
            // tells the Azure libraries which identity to use
            { name: 'AZURE_CLIENT_ID', value: identity.properties.clientId }
            { name: 'ALLOWED_TENANTS', value: empty(allowedTenants) ? tenant().tenantId : allowedTenants }
            { name: 'STATE_BLOB_URL', value: '${account.properties.primaryEndpoints.blob}${conversations.name}' }
            { name: 'STATE_KEEP_DAYS', value: string(keepDays) }
            { name: 'AZURE_LOOK', value: azureLook }
            { name: 'OAUTH_CONNECTION', value: oauthConnection }
            { name: 'OAUTH_APP_ID', value: oauthAppId }
            { name: 'SUPPORT_FILING', value: supportFiling }
            { name: 'SHARE_LOOKS', value: shareLooks }
            { name: 'AZURE_SUBSCRIPTIONS', value: azureSubscriptions }
            { name: 'AZURE_PEOPLE', value: azurePeople }
            { name: 'LOG_FORMAT', value: 'json' }
          ]
          probes: [
            {
              type: 'Startup'
              httpGet: {
                path: '/healthz'
                port: 3978
              }
              periodSeconds: 5
              timeoutSeconds: 3
              failureThreshold: 24
            }
            // asks nobody: a storage account that's slow must not get the instances restarted
            {
              type: 'Liveness'
              httpGet: {
                path: '/healthz'
                port: 3978
              }
              periodSeconds: 30
              timeoutSeconds: 5
              failureThreshold: 3
            }
            // answers within two seconds
            {
              type: 'Readiness'
              httpGet: {
                path: '/readyz'
                port: 3978
              }
              periodSeconds: 10
              timeoutSeconds: 3
              failureThreshold: 2
            }
          ]
        }
      ]
      scale: {
        minReplicas: leastInstances
        maxReplicas: mostInstances
        rules: [
          {
            name: 'turns'
            http: {
              metadata: {
                concurrentRequests: '50'
              }
            }
          }
        ]
      }
    }
  }
  dependsOn: [
    writesConversations
  ]
}

resource bot 'Microsoft.BotService/botServices@2022-09-15' = {
  name: '${prefix}-bot'
  location: 'global'
  kind: 'azurebot'
  sku: {
    name: 'S1'
  }
  properties: {
    displayName: 'Image Medic'
    endpoint: 'https://${app.properties.configuration.ingress.fqdn}/api/messages'
    msaAppId: identity.properties.clientId
    msaAppMSIResourceId: identity.id
    msaAppTenantId: tenant().tenantId
    msaAppType: 'UserAssignedMSI'
    disableLocalAuth: true
  }
}

resource teams 'Microsoft.BotService/botServices/channels@2022-09-15' = {
  parent: bot
  name: 'MsTeamsChannel'
  location: 'global'
  properties: {
    channelName: 'MsTeamsChannel'
    properties: {
      isEnabled: true
    }
  }
}

@description('BOT_ID and BOT_DOMAIN for `python app.py package`.')
output botId string = identity.properties.clientId
output botDomain string = app.properties.configuration.ingress.fqdn

@description('The principal that reads image templates if azureLook is bot; assign it the reader role in this folder.')
output principalId string = identity.properties.principalId
