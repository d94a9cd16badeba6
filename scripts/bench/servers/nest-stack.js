/** The same in Nest on Express: helmet, its cors, guards, its validation pipe; jsonwebtoken, rate-limiter-flexible. */

import 'reflect-metadata'
import {
  Body,
  Controller,
  ForbiddenException,
  HttpCode,
  HttpException,
  Module,
  Param,
  Post,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { IsBoolean, IsInt, IsNumber, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator'
import helmet from 'helmet'
import jwt from 'jsonwebtoken'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { audience, issuer, limit, origin, port, scope, secret } from '../agreed.ts'

const limiter = new RateLimiterMemory({ points: limit.calls, duration: limit.seconds })

class AuthenticateGuard {
  canActivate(context) {
    const req = context.switchToHttp().getRequest()
    const [scheme, token] = (req.get('authorization') ?? '').split(' ')
    if (scheme !== 'Bearer' || !token) throw new UnauthorizedException()
    try {
      req.user = jwt.verify(token, secret, { algorithms: ['HS256'], issuer, audience })
    } catch {
      throw new UnauthorizedException()
    }
    return true
  }
}

class LimitGuard {
  async canActivate(context) {
    const http = context.switchToHttp()
    const standing = await limiter.consume(http.getRequest().user.sub).catch(() => undefined)
    if (standing === undefined) throw new HttpException('rate_limited', 429)
    http.getResponse().set('X-RateLimit-Remaining', String(standing.remainingPoints))
    return true
  }
}

class ScopeGuard {
  canActivate(context) {
    if (!context.switchToHttp().getRequest().user.scope.split(' ').includes(scope)) throw new ForbiddenException()
    return true
  }
}

class Order {}

class OrdersController {
  create(id, _order) {
    return { id, accepted: true }
  }
}

class AppModule {}

/** What the decorators of TypeScript would say. */
function decorate() {
  const fields = {
    sku: [IsString(), Matches(/^[A-Z0-9-]{4,32}$/)],
    quantity: [IsInt(), Min(1), Max(999)],
    price: [IsNumber(), Min(0)],
    express: [IsBoolean()],
    note: [IsOptional(), IsString(), MaxLength(500)],
  }
  for (const [field, rules] of Object.entries(fields)) for (const rule of rules) rule(Order.prototype, field)
  const { prototype } = OrdersController
  const create = Object.getOwnPropertyDescriptor(prototype, 'create')
  Param('id')(prototype, 'create', 0)
  Body()(prototype, 'create', 1)
  Reflect.defineMetadata('design:paramtypes', [String, Order], prototype, 'create')
  for (const rule of [Post(':id'), HttpCode(201), UseGuards(AuthenticateGuard, LimitGuard, ScopeGuard)])
    rule(prototype, 'create', create)
  Controller('orders')(OrdersController)
  Module({ controllers: [OrdersController] })(AppModule)
}

decorate()
const app = await NestFactory.create(AppModule, { logger: false, cors: { origin, credentials: true } })
app.use(helmet())
app.useGlobalPipes(
  new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true, errorHttpStatusCode: 422 }),
)
await app.listen(port, '127.0.0.1')
