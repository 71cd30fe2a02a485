// Image Medic in a subscription of yours: a container app that scales to several instances, the bot and its Teams channel, one managed identity
// for all of them, a storage account for the conversations, logs. No secret anywhere: every connection is made as the identity.
//
// README.md of this folder has the commands. An identity of the name below that is there already is kept, with its right to pull the image.

@description('Where everything runs.')
param location string = resourceGroup().location

@description('First part of every name; lower-case letters and digits.')
@minLength(3)
@maxLength(12)
param prefix string = 'imagemedic'

@description('The container image, built from the Dockerfile of this project.')
param image string

@description('Login server of the registry that the image is pulled from as the identity; empty for a public image.')
param registry string = ''

@description('Tenants whose people are answered, with commas between; empty for this tenant alone.')
param allowedTenants string = ''

@description('Access mode for Azure: off, user, or bot. docs/operations.md says what each needs.')
@allowed([
  'off'
  'user'
  'bot'
])
param azureLook string = 'off'

@description('The name of the bot\'s OAuth connection; needed where azureLook is user.')
param oauthConnection string = ''

@description('The registration that people sign in to; needed where azureLook is user. sign-in.md of this folder makes one.')
param oauthAppId string = ''

@description('Whether people may have the bot file their support requests, with their own rights; only where azureLook is user.')
@allowed([
  'off'
  'on'
])
param supportFiling string = 'off'

@description('Whether people may post what they looked at where they asked for it; only where azureLook is user.')
@allowed([
  'off'
  'on'
])
param shareLooks string = 'off'

@description('Subscriptions that may be looked at, with commas between; needed where azureLook is bot.')
param azureSubscriptions string = ''

@description('People who may look, tenant/object id, with commas between; needed where azureLook is bot.')
param azurePeople string = ''

@description('How many instances at least and at most. State is shared, so any instance takes any turn.')
@minValue(1)
@maxValue(10)
param leastInstances int = 1
@minValue(1)
@maxValue(10)
param mostInstances int = 3

@description('Days after which a conversation in which nothing was said is forgotten.')
@minValue(1)
param keepDays int = 30

var unique = uniqueString(resourceGroup().id, prefix)
var accountName = take('${prefix}${unique}', 24)
// Storage Blob Data Contributor: the conversations of this one container are read and written, nothing else
var blobContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${prefix}-identity'
  location: location
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
    publicNetworkAccess: 'Enabled'
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
  }
}

// as diagnostic settings, not with the workspace's key: no secret has to be kept
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
    configuration: {
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
      // running turns are finished first when an instance is stopped
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
            // which of several identities the Azure libraries use
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
              type: 'Liveness'
              httpGet: {
                path: '/healthz'
                port: 3978
              }
              periodSeconds: 30
            }
            {
              type: 'Readiness'
              httpGet: {
                path: '/readyz'
                port: 3978
              }
              periodSeconds: 10
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

@description('The BOT_ID and BOT_DOMAIN of `python app.py package`.')
output botId string = identity.properties.clientId
output botDomain string = app.properties.configuration.ingress.fqdn

@description('The principal that reads image templates where azureLook is bot: give it the reader role of this folder.')
output principalId string = identity.properties.principalId
